using TrainMm.Core.Diagnostics;
using TrainMm.Torch;

namespace TrainMm.Cli.Display;

/// <summary>What the user sees of an exception: a mistake of theirs as its plain message, anything else as one line, and both with the stack trace where they ask for it.</summary>
public static class Failures
{
    /// <summary>Shows an exception.</summary>
    /// <param name="exception">What ended the command.</param>
    /// <param name="verbose">Whether <c>--verbose</c> was given.</param>
    /// <param name="error">Where to write.</param>
    /// <returns>The exit code that says what kind of failure it was.</returns>
    public static ExitCode Show(Exception exception, bool verbose, TextWriter error)
    {
        var code = CodeOf(exception);
        error.WriteLine(exception switch
        {
            ConfigurationException configuration => Describe(configuration),
            UserException user => $"error: {user.Message}",
            _ when OutOfMemory.IsCause(exception) => "error: out of memory; a smaller train.micro_batch_size needs less and gives the same result",
            _ when LibTorchIsMissing(exception) is { } missing => $"error: {missing}",
            _ => $"error: {FirstLine(exception)}{(verbose ? "" : "\n  hint: run the same command with --verbose for the details")}",
        });
        if (verbose) error.WriteLine($"\n{exception}");
        return code;
    }

    private static ExitCode CodeOf(Exception exception) => exception switch
    {
        UserException user => user.ExitCode,
        _ when OutOfMemory.IsCause(exception) => ExitCode.OutOfMemory,
        _ => ExitCode.Failure,
    };

    private static string Describe(ConfigurationException exception)
    {
        var errors = exception.Diagnostics.Count(diagnostic => diagnostic.Severity == Severity.Error);
        return $"{exception.Message}\n{errors} error{(errors == 1 ? "" : "s")}";
    }

    /// <summary>A native library that cannot be loaded surfaces wherever the first operation happens to be, often inside a type initialiser.</summary>
    private static string? LibTorchIsMissing(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is DllNotFoundException missing) return $"{missing.Message}\n  hint: scripts/setup.sh installs what is missing; 'trainmm doctor' shows what is found";
        }

        return null;
    }

    private static string FirstLine(Exception exception) => $"{exception.GetType().Name}: {exception.Message.ReplaceLineEndings("\n").Split('\n')[0]}";
}
