using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Json;

namespace TrainMm.Cli.Display;

/// <summary>Where a run's log goes: <c>log.jsonl</c> in its directory, and plain lines on standard output where no live view is drawn.</summary>
public static class RunLog
{
    /// <summary>How a line looks on a console.</summary>
    public const string LineTemplate = "{Timestamp:HH:mm:ss} {Level:w4} {Message:lj}{NewLine}{Exception}";

    private const string FileName = "log.jsonl";

    /// <summary>Opens the log. Lines are appended, so that a resumed run's log is one file.</summary>
    /// <param name="runDirectory">The run directory, which exists.</param>
    /// <param name="onConsole">Whether lines go to standard output too.</param>
    /// <param name="verbose">Whether the console shows debug lines; the file has them always.</param>
    public static Logger Open(string runDirectory, bool onConsole, bool verbose)
    {
        var configuration = new LoggerConfiguration()
            .MinimumLevel.Debug()
            .WriteTo.File(new JsonFormatter(renderMessage: true), Path.Combine(runDirectory, FileName));
        // Errors end the command, which shows them itself.
        if (onConsole)
        {
            configuration.WriteTo.Logger(console => console
                .Filter.ByExcluding(entry => entry.Level >= LogEventLevel.Error)
                .WriteTo.Console(verbose ? LogEventLevel.Debug : LogEventLevel.Information, LineTemplate));
        }

        return configuration.CreateLogger();
    }
}
