using TrainMm.Core.Diagnostics;

namespace TrainMm.Core.Config;

/// <summary>Reads a file with all it extends, and collects what is wrong with any of them.</summary>
/// <param name="purpose">Which file is extended where one is named for each purpose.</param>
internal sealed class ConfigFiles(string? purpose)
{
    private const string ExtendsKey = "extends";
    private const long MaximumBytes = 4 << 20;

    private readonly List<string> paths = [];

    /// <summary>Absolute paths of the files read, in the order in which they were opened.</summary>
    public IReadOnlyList<string> Paths => paths;

    /// <summary>Everything wrong so far.</summary>
    public List<Diagnostic> Problems { get; } = [];

    /// <summary>How many files could not be read, so that the tree is not whole.</summary>
    public int Failures { get; private set; }

    /// <summary>Reads the file and merges it over what it extends; null where it cannot be read.</summary>
    public ConfigMapping? Read(string path) => Read(Path.GetFullPath(path), new SourcePlace(Shown(Path.GetFullPath(path))), []);

    /// <summary>Reads a text that extends nothing; null where it cannot be read.</summary>
    public ConfigMapping? ReadText(string text, string name) => ToMapping(YamlReader.ReadFile(text, name, Problems), name);

    private ConfigMapping? Read(string path, SourcePlace askedFor, IReadOnlyList<string> chain)
    {
        if (chain.Contains(path, StringComparer.Ordinal))
            return Fail(askedFor.Error($"'extends' comes back to where it began: {string.Join(" -> ", chain.Append(path).Select(Shown))}"));
        if (!paths.Contains(path, StringComparer.Ordinal)) paths.Add(path);
        if (ReadAll(path, askedFor) is not { } text || ReadText(text, Shown(path)) is not { } own) return null;
        return own.TryGet(ExtendsKey, out var extends) ? Extend(own.Without(ExtendsKey), extends, [.. chain, path]) : own;
    }

    private ConfigMapping? Extend(ConfigMapping own, ConfigEntry extends, IReadOnlyList<string> chain)
    {
        ConfigNode? merged = null;
        var complete = true;
        foreach (var written in extends.Value is ConfigList list ? list.Items : [extends.Value])
        {
            var item = written is ConfigMapping byPurpose ? Choose(byPurpose) : written;
            if (item is not ConfigScalar { IsNull: false } name)
            {
                Fail(item?.Place.Error($"'extends' wants a file name or a list of them, found {item.Shown}"));
                complete = false;
                continue;
            }

            var path = Path.GetFullPath(EnvironmentVariables.Expand(name, Problems).Text, name.Place.Folder);
            if (Read(path, name.Place, chain) is { } lower) merged = ConfigMerge.Merge(merged, lower);
            else complete = false;
        }

        return complete ? (ConfigMapping)ConfigMerge.Merge(merged, own) : null;
    }

    private ConfigNode? Choose(ConfigMapping byPurpose)
    {
        if (purpose is not null && byPurpose.TryGet(purpose, out var chosen)) return chosen.Value;
        var known = string.Join(" and ", byPurpose.Entries.Select(entry => entry.Key));
        Problems.Add(byPurpose.Place.Error(purpose is null
            ? $"'extends' names a file each for {known}; say for which of them the configuration is read"
            : $"'extends' names a file for {known}, not for {purpose}"));
        return null;
    }

    private string? ReadAll(string path, SourcePlace askedFor)
    {
        var missing = Directory.Exists(path) ? "is a folder, not a configuration file" : "the configuration file does not exist";
        var subject = askedFor.Line == 0 ? "" : $"{Shown(path)}: ";
        try
        {
            if (!File.Exists(path)) Fail(askedFor.Error(subject + missing));
            else if (new FileInfo(path).Length > MaximumBytes) Fail(askedFor.Error($"{subject}larger than {MaximumBytes >> 20} MiB, so no configuration"));
            else return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Fail(askedFor.Error($"{subject}cannot be read: {exception.Message}"));
        }

        return null;
    }

    private ConfigMapping? ToMapping(ConfigNode? root, string name)
    {
        if (root is ConfigMapping mapping) return mapping;
        if (root is { IsNull: true }) return new ConfigMapping([], new SourcePlace(name, 1, 1));
        return Fail(root?.Place.Error($"a configuration is a mapping of options to values, found {root.Shown}"));
    }

    private ConfigMapping? Fail(Diagnostic? problem)
    {
        Failures++;
        if (problem is not null) Problems.Add(problem);
        return null;
    }

    /// <summary>A path as the user would type it: relative to the current folder where it lies inside it.</summary>
    private static string Shown(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }
}
