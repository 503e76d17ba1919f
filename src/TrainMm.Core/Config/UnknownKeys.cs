namespace TrainMm.Core.Config;

/// <summary>Guesses what was meant by a key that no option has.</summary>
internal static class UnknownKeys
{
    /// <summary>A misspelling of a known option, else an option of another kind, else one that lives elsewhere, else the list of what is known.</summary>
    public static string Hint(string key, IReadOnlyCollection<string> known, ICatalog? catalog, Type rootType)
    {
        if (Spelling.Nearest(key, known) is { } nearest) return $"did you mean '{nearest}'?";
        var kinds = catalog?.Entries.Where(entry => OptionProperty.Of(entry.OptionsType).Any(property => property.Name == key)).Select(entry => $"'{entry.Kind}'").ToList() ?? [];
        if (kinds.Count > 0) return $"it is an option of kind {string.Join(" and ", kinds)}";
        var elsewhere = Paths(rootType, "", []).Where(path => path == key || path.EndsWith("." + key, StringComparison.Ordinal)).ToList();
        if (elsewhere.Count == 1) return elsewhere[0] == key ? $"'{key}' is an option of the whole configuration: indent it less" : $"did you mean '{elsewhere[0]}'?";
        return known.Count == 0 ? "it has no options" : $"its options: {string.Join(", ", known)}";
    }

    /// <summary>The dotted names of all options outside lists, dictionaries and components.</summary>
    private static IEnumerable<string> Paths(Type type, string prefix, IReadOnlyList<Type> above)
    {
        if (above.Contains(type)) yield break;
        foreach (var property in OptionProperty.Of(type))
        {
            yield return prefix + property.Name;
            if (property.Shape is not OptionShape.Options nested) continue;
            foreach (var path in Paths(nested.Type, $"{prefix}{property.Name}.", [.. above, type])) yield return path;
        }
    }
}
