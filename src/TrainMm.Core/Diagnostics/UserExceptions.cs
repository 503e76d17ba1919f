namespace TrainMm.Core.Diagnostics;

/// <summary>A mistake of the user's that is shown without a stack trace and ends the process with its own exit code.</summary>
public abstract class UserException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The process exit code (see <see cref="ExitCode"/>).</summary>
    public abstract ExitCode ExitCode { get; }
}

/// <summary>The configuration cannot be run; carries every finding at once.</summary>
/// <param name="diagnostics">The findings, in any order.</param>
public sealed class ConfigurationException(IEnumerable<Diagnostic> diagnostics) : UserException("")
{
    /// <summary>The findings, each once, sorted by file, line and column.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; } =
    [
        .. diagnostics.Distinct().OrderBy(each => each.File, StringComparer.Ordinal).ThenBy(each => each.Line).ThenBy(each => each.Column),
    ];

    /// <summary>All findings as they are shown, one after the other.</summary>
    public override string Message => string.Join('\n', Diagnostics);

    /// <inheritdoc/>
    public override ExitCode ExitCode => ExitCode.Configuration;
}

/// <summary>A row, a medium or a data file that cannot be used.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="origin">Where: <c>file:line</c>, <c>file:row</c> or <c>archive!entry</c>; null where the message says it.</param>
/// <param name="inner">The cause, shown with <c>--verbose</c>.</param>
public sealed class DataException(string message, string? origin = null, Exception? inner = null)
    : UserException(origin is null ? message : $"{origin}: {message}", inner)
{
    /// <inheritdoc/>
    public override ExitCode ExitCode => ExitCode.Data;

    /// <summary>Where the fault is, or null.</summary>
    public string? Origin { get; } = origin;

    /// <summary>Whether the configuration asks that a run ends at it, whatever becomes of bad data.</summary>
    public bool EndsRun { get; init; }
}

/// <summary>Weights or a checkpoint that are missing, damaged or do not fit.</summary>
public sealed class CheckpointException(string message, Exception? inner = null) : UserException(message, inner)
{
    /// <inheritdoc/>
    public override ExitCode ExitCode => ExitCode.CorruptCheckpoint;
}
