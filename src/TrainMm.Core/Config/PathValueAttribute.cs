namespace TrainMm.Core.Config;

/// <summary>What must be at a path before a run starts.</summary>
public enum PathRule
{
    /// <summary>Nothing: the run may create it.</summary>
    Any,

    /// <summary>A file.</summary>
    ExistingFile,

    /// <summary>A folder.</summary>
    ExistingFolder,

    /// <summary>A file or a folder.</summary>
    Existing,
}

/// <summary>
/// Makes a text, or each text of a list or mapping, a path: <c>~/</c> is the home folder, and a relative path is taken from the folder of the file that wrote it
/// (from the current folder for <c>--set</c> and for defaults). The option's value is the absolute path.
/// </summary>
/// <param name="rule">What must be there.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PathValueAttribute(PathRule rule) : Attribute
{
    /// <summary>What must be there.</summary>
    public PathRule Rule { get; } = rule;

    /// <summary>The absolute path that a text stands for.</summary>
    internal static string Resolve(string text, string folder)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (text == "~") return home;
        return Path.GetFullPath(text.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(home, text[2..]) : text, folder);
    }

    /// <summary>What is wrong with an absolute path, or null.</summary>
    internal string? Problem(string path) => Rule switch
    {
        PathRule.ExistingFile when Directory.Exists(path) => $"{path} is a folder, not a file",
        PathRule.ExistingFile when !File.Exists(path) => $"the file {path} does not exist",
        PathRule.ExistingFolder when File.Exists(path) => $"{path} is a file, not a folder",
        PathRule.ExistingFolder when !Directory.Exists(path) => $"the folder {path} does not exist",
        PathRule.Existing when !Path.Exists(path) => $"{path} does not exist",
        _ => null,
    };
}
