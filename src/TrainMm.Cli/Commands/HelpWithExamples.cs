using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace TrainMm.Cli.Commands;

/// <summary>The usual help text, then the command's examples; at the root, the exit codes.</summary>
/// <param name="usual">Writes usage, arguments, options and commands.</param>
public sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    private const int Width = 120;

    private const string ExitCodes =
        """
        Exit codes:
          0   done
          1   anything that no other code names
          2   the configuration or the command line is wrong
          3   the data is wrong
          4   out of memory
          5   loss or gradient is not finite
          6   another process uses the run directory
          7   a checkpoint is damaged or does not fit
          75  stopped by a signal after a checkpoint: run the same command again

        """;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        // A fixed width: the same text in a pipe, in a test and in any terminal that is wide enough.
        usual.MaxWidth = Width;
        usual.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        if (parseResult.CommandResult.Command is DocumentedCommand { Examples.Count: > 0 } command)
        {
            output.WriteLine("Examples:");
            foreach (var example in command.Examples) output.WriteLine($"  # {example.Purpose}\n  {example.Line}");
            output.WriteLine();
        }
        else if (parseResult.CommandResult.Command is RootCommand)
        {
            output.WriteLine(ExitCodes);
        }

        return 0;
    }
}
