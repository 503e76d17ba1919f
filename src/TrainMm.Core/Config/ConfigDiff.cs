namespace TrainMm.Core.Config;

/// <summary>One option that differs between two configurations.</summary>
/// <param name="Name">Its dotted name; a list is compared as a whole.</param>
/// <param name="Before">Its value before, on one line, or null where there was none.</param>
/// <param name="After">Its value after, on one line, or null where there is none.</param>
public sealed record ConfigChange(string Name, string? Before, string? After)
{
    /// <summary>Renders <c>name: before -> after</c>.</summary>
    public override string ToString() => $"{Name}: {Before ?? "(not there)"} -> {After ?? "(not there)"}";
}

/// <summary>Compares two resolved configurations, for a run that is resumed with other options.</summary>
public static class ConfigDiff
{
    /// <summary>The options whose values differ, in the order of the second configuration, then those that only the first has.</summary>
    public static IReadOnlyList<ConfigChange> Between(ConfigMapping before, ConfigMapping after)
    {
        var old = Flatten(before, "").ToDictionary(StringComparer.Ordinal);
        var changes = new List<ConfigChange>();
        foreach (var (name, value) in Flatten(after, ""))
        {
            var was = old.Remove(name, out var found) ? found : null;
            if (!string.Equals(was, value, StringComparison.Ordinal)) changes.Add(new ConfigChange(name, was, value));
        }

        changes.AddRange(old.Select(pair => new ConfigChange(pair.Key, pair.Value, null)));
        return changes;
    }

    private static IEnumerable<KeyValuePair<string, string>> Flatten(ConfigMapping mapping, string prefix) =>
        mapping.Entries.SelectMany(entry => entry.Value is ConfigMapping { Entries.Count: > 0 } nested
            ? Flatten(nested, $"{prefix}{entry.Key}.")
            : [KeyValuePair.Create(prefix + entry.Key, ConfigWriter.Inline(entry.Value))]);
}
