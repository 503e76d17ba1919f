namespace TrainMm.Core.Weights;

/// <summary>One prefix of an official name and what stands for it in the module.</summary>
/// <param name="Official">The prefix in the checkpoint; may be empty.</param>
/// <param name="Module">The prefix in the module, or null: names with this prefix belong to no parameter of this module.</param>
public sealed record PrefixRule(string Official, string? Module);

/// <summary>
/// Which tensors of a checkpoint are a module's, and under which name: as data, so that a layout is a table and not code.
/// The first rule whose prefix fits decides; a name that no rule fits belongs to another part of the checkpoint.
/// </summary>
/// <param name="Layout">What the layout is called in messages, for example <c>LlavaForConditionalGeneration</c>.</param>
/// <param name="Rules">In order.</param>
/// <param name="IgnoredSuffixes">Ends of names that hold no parameter: tables that older versions saved.</param>
public sealed record KeyMap(string Layout, IReadOnlyList<PrefixRule> Rules, IReadOnlyList<string> IgnoredSuffixes)
{
    /// <summary>Every name stands for itself.</summary>
    public static KeyMap Identity { get; } = new("", [new("", "")], []);

    /// <summary>The module's name for an official one, or null where it is not the module's.</summary>
    public string? ToModule(string official)
    {
        if (IgnoredSuffixes.Any(suffix => official.EndsWith(suffix, StringComparison.Ordinal))) return null;
        var rule = Rules.FirstOrDefault(rule => official.StartsWith(rule.Official, StringComparison.Ordinal));
        return rule?.Module is { } prefix ? prefix + official[rule.Official.Length..] : null;
    }

    /// <summary>The official name for a module's; the module's own where no rule leads there.</summary>
    public string ToOfficial(string name)
    {
        var rule = Rules.Where(rule => rule.Module is not null).FirstOrDefault(rule => name.StartsWith(rule.Module!, StringComparison.Ordinal));
        return rule is null ? name : rule.Official + name[rule.Module!.Length..];
    }

    /// <summary>Of several layouts the one in which the checkpoint has most of the module's parameters, the first of equals; null where none has any.</summary>
    /// <param name="names">The checkpoint's names.</param>
    /// <param name="parameters">The module's names.</param>
    /// <param name="layouts">In order of preference.</param>
    public static KeyMap? Choose(IReadOnlyCollection<string> names, IReadOnlySet<string> parameters, IReadOnlyList<KeyMap> layouts)
    {
        var (best, most) = ((KeyMap?)null, 0);
        foreach (var layout in layouts)
        {
            var found = names.Count(name => layout.ToModule(name) is { } mapped && parameters.Contains(mapped));
            if (found > most) (best, most) = (layout, found);
        }

        return best;
    }
}
