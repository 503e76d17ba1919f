using Spectre.Console;
using Spectre.Console.Rendering;

namespace TrainMm.Cli.Display;

/// <summary>Consoles of the two kinds there are: a terminal, and everything else.</summary>
public static class Consoles
{
    private const int PlainWidth = 120;

    /// <summary>Whether a live view can be drawn: standard output is a terminal that moves its cursor.</summary>
    public static bool IsTerminal => !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>A message right before the process ends: the live view may have hidden the cursor.</summary>
    public static void LastWords(string message)
    {
        if (IsTerminal) Console.Out.Write("\e[?25h\n");
        Console.Error.WriteLine(message);
        Console.Error.Flush();
    }

    /// <summary>Renders as plain text of a fixed width, without colours: for pipes, files and tests.</summary>
    /// <param name="drawing">What to render.</param>
    public static string ToText(IRenderable drawing)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        Plain(writer).Write(drawing);
        return string.Join('\n', writer.ToString().Split('\n').Select(line => line.TrimEnd()));
    }

    private static IAnsiConsole Plain(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = PlainWidth;
        console.Profile.Capabilities.Unicode = true;
        return console;
    }
}
