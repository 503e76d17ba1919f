namespace TrainMm.Core.Diagnostics;

/// <summary>How much a finding matters.</summary>
public enum Severity
{
    /// <summary>The run cannot start.</summary>
    Error,

    /// <summary>The run can start; the user should know.</summary>
    Warning,
}

/// <summary>One finding about a file that the user wrote, with the place to look at.</summary>
/// <param name="Severity">Whether the run can start all the same.</param>
/// <param name="File">The file, as the user named it.</param>
/// <param name="Line">Line, from 1; 0 where the finding is about the file as a whole.</param>
/// <param name="Column">Column, from 1; 0 where no column is known.</param>
/// <param name="Message">What is wrong, in one sentence.</param>
/// <param name="Hint">What to do about it, or null.</param>
public sealed record Diagnostic(Severity Severity, string File, int Line, int Column, string Message, string? Hint = null)
{
    /// <summary>Renders <c>file:line:column: error: message</c>, and the hint on a line of its own.</summary>
    public override string ToString()
    {
        var place = Line == 0 ? File : Column == 0 ? $"{File}:{Line}" : $"{File}:{Line}:{Column}";
        var severity = Severity == Severity.Error ? "error" : "warning";
        return Hint is null ? $"{place}: {severity}: {Message}" : $"{place}: {severity}: {Message}\n  hint: {Hint}";
    }
}
