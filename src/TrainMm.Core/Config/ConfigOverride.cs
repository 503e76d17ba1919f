using System.Globalization;
using System.Text.RegularExpressions;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Core.Config;

/// <summary>
/// One <c>--set a.b=value</c>: acts like one more file laid over the others. The value is YAML; <c>a.0</c> is the first item of a list;
/// a key that holds dots is quoted, as in <c>ranks."layers.0"=4</c>.
/// </summary>
internal sealed partial class ConfigOverride
{
    private readonly string[] path;
    private readonly ConfigNode value;
    private readonly SourcePlace place;

    private ConfigOverride(string[] path, ConfigNode value, SourcePlace place)
    {
        this.path = path;
        this.value = value;
        this.place = place;
    }

    /// <summary>Lays all overrides over a document's root, those of a kind first, so that the order on the command line does not matter to them.</summary>
    public static ConfigNode ApplyAll(ConfigNode root, IEnumerable<string> texts, List<Diagnostic> problems)
    {
        var overrides = texts.Select(text => Parse(text, problems)).OfType<ConfigOverride>().ToList();
        foreach (var each in overrides.OrderBy(each => each.path[^1] == ConfigMerge.KindKey ? 0 : 1)) root = each.Apply(root, 0, problems);
        return root;
    }

    private static ConfigOverride? Parse(string text, List<Diagnostic> problems)
    {
        var origin = new SourcePlace($"--set {text}");
        var match = Assignment().Match(text);
        if (!match.Success)
        {
            problems.Add(origin.Error("expected name=value", "for example --set train.max_steps=100"));
            return null;
        }

        var segments = match.Groups["segment"].Captures.Select(segment => segment.Value.Trim('"')).ToArray();
        return YamlReader.ReadValue(match.Groups["value"].Value, origin, problems) is { } node ? new ConfigOverride(segments, node, origin) : null;
    }

    private ConfigNode Apply(ConfigNode? node, int depth, List<Diagnostic> problems)
    {
        if (depth == path.Length) return ConfigMerge.Merge(node, value);
        var segment = path[depth];
        switch (node)
        {
            case null or { IsNull: true }:
                return Mapping(segment, Apply(null, depth + 1, problems));
            case ConfigMapping mapping:
                var child = mapping.TryGet(segment, out var entry) ? entry.Value : null;
                return ConfigMerge.Merge(mapping, Mapping(segment, Apply(child, depth + 1, problems)));
            case ConfigList list when int.TryParse(segment, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < list.Items.Count:
                return new ConfigList([.. list.Items.Select((item, at) => at == index ? Apply(item, depth + 1, problems) : item)], list.Place);
            case ConfigList list:
                problems.Add(place.Error($"{Name(depth)} is a list of {list.Items.Count}, so '{segment}' names none of its items", "items count from 0; to replace the list, write --set name=[first, second]"));
                return list;
            default:
                problems.Add(place.Error($"{Name(depth)} is {node.Shown}, not a mapping, so it has no '{segment}'"));
                return node;
        }
    }

    private string Name(int depth) => depth == 0 ? "the configuration" : $"'{string.Join('.', path[..depth])}'";

    private ConfigMapping Mapping(string key, ConfigNode child) => new([new ConfigEntry(key, place, child)], place);

    [GeneratedRegex("""^(?:(?<segment>"[^"]+"|[^."=\s]+)(?:\.(?!=)|(?==)))+=(?<value>.*)$""", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Assignment();
}
