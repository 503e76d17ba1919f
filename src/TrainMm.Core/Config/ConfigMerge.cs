namespace TrainMm.Core.Config;

/// <summary>Lays one configuration over another: mappings are merged key by key, lists and single values replaced.</summary>
internal static class ConfigMerge
{
    /// <summary>The key that names a component's kind.</summary>
    public const string KindKey = "kind";

    /// <summary>
    /// The base with the overlay's values in place of its own. A mapping of another <c>kind</c> replaces the base's whole,
    /// since the options of one kind mean nothing to another.
    /// </summary>
    public static ConfigNode Merge(ConfigNode? lower, ConfigNode upper)
    {
        if (lower is not ConfigMapping below || upper is not ConfigMapping above || KindsDiffer(below, above)) return upper;
        var merged = new OrderedDictionary<string, ConfigEntry>(StringComparer.Ordinal);
        foreach (var entry in below.Entries) merged[entry.Key] = entry;
        foreach (var entry in above.Entries)
            merged[entry.Key] = entry with { Value = Merge(merged.GetValueOrDefault(entry.Key)?.Value, entry.Value) };
        var isOverride = above.Place.Line == 0;
        return new ConfigMapping([.. merged.Values], isOverride ? below.Place : above.Place);
    }

    private static bool KindsDiffer(ConfigMapping below, ConfigMapping above) =>
        below.TryGet(KindKey, out var first) && above.TryGet(KindKey, out var second)
        && first.Value is ConfigScalar before && second.Value is ConfigScalar after
        && !string.Equals(before.Text, after.Text, StringComparison.Ordinal);
}
