using TrainMm.Core.Diagnostics;

namespace TrainMm.Core.Config;

/// <summary>Where the user wrote something: a place in a file, or an override on the command line.</summary>
/// <param name="File">The file, as it is shown; for an override, <c>--set name=value</c>.</param>
/// <param name="Line">Line, from 1; 0 where there are no lines, as in an override.</param>
/// <param name="Column">Column, from 1; 0 where there are no lines.</param>
public sealed record SourcePlace(string File, int Line = 0, int Column = 0)
{
    /// <summary>The folder that a relative path written here is taken from: the file's, or the current one for an override.</summary>
    public string Folder => Line == 0 ? Environment.CurrentDirectory : Path.GetDirectoryName(Path.GetFullPath(File)) ?? Environment.CurrentDirectory;

    /// <summary>An error at this place.</summary>
    public Diagnostic Error(string message, string? hint = null) => new(Severity.Error, File, Line, Column, message, hint);

    /// <summary>Renders <c>file:line:column</c>.</summary>
    public override string ToString() => Line == 0 ? File : $"{File}:{Line}:{Column}";
}
