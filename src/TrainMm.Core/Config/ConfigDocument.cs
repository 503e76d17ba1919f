using TrainMm.Core.Diagnostics;

namespace TrainMm.Core.Config;

/// <summary>A configuration as it was written: its files merged, overrides laid over them, environment variables filled in; not yet typed.</summary>
public sealed class ConfigDocument
{
    private ConfigDocument(ConfigMapping root, IReadOnlyList<string> files, IReadOnlyList<Diagnostic> problems)
    {
        Root = root;
        Files = files;
        Problems = problems;
    }

    /// <summary>The merged tree.</summary>
    public ConfigMapping Root { get; }

    /// <summary>The absolute paths of all files read, the one asked for first.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>What is wrong already, though the tree can be read on: keys written twice, variables not set. <see cref="ConfigBinder"/> reports them with its own.</summary>
    public IReadOnlyList<Diagnostic> Problems { get; }

    /// <summary>Reads a file, the files it extends, and the overrides.</summary>
    /// <param name="path">The YAML file.</param>
    /// <param name="overrides">Texts <c>a.b=value</c> in the order of the command line.</param>
    /// <param name="purpose">What the configuration is read for, where a file extends another one for each purpose: <c>extends: { pretrain: pretrain.yaml, sft: sft.yaml }</c>.</param>
    /// <exception cref="ConfigurationException">A file is missing, is no YAML or extends itself, names no file for the purpose, or an override cannot be read.</exception>
    public static ConfigDocument Load(string path, IEnumerable<string>? overrides = null, string? purpose = null)
    {
        var files = new ConfigFiles(purpose);
        return Complete(files.Read(path), files, overrides);
    }

    /// <summary>Reads a text that extends nothing, such as a resolved configuration.</summary>
    /// <param name="text">The YAML text.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="overrides">Texts <c>a.b=value</c>.</param>
    /// <exception cref="ConfigurationException">The text is no YAML, or an override cannot be read.</exception>
    public static ConfigDocument Parse(string text, string name, IEnumerable<string>? overrides = null)
    {
        var files = new ConfigFiles(purpose: null);
        return Complete(files.ReadText(text, name), files, overrides);
    }

    private static ConfigDocument Complete(ConfigMapping? tree, ConfigFiles files, IEnumerable<string>? overrides)
    {
        ConfigNode root = tree ?? new ConfigMapping([], new SourcePlace(""));
        var before = files.Problems.Count;
        root = ConfigOverride.ApplyAll(root, overrides ?? [], files.Problems);
        if (tree is null || files.Failures > 0 || files.Problems.Count > before) throw new ConfigurationException(files.Problems);
        root = EnvironmentVariables.Expand(root, files.Problems);
        return new ConfigDocument((ConfigMapping)root, files.Paths, files.Problems);
    }
}
