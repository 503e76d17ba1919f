using System.Reflection;
using TrainMm.Core.Config;

namespace TrainMm.Training.Parts;

/// <summary>The options of a part that change what it computes: all but paths, which change where its files are.</summary>
internal static class PartOptions
{
    /// <summary>Option names and values, nested options by dotted names.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Of(Component component)
    {
        var paths = component.Options.GetType().GetProperties()
            .Where(property => property.IsDefined(typeof(PathValueAttribute)))
            .Select(property => OptionName.Of(property.Name))
            .ToHashSet(StringComparer.Ordinal);
        return ConfigDiff.Between(new ConfigMapping([], new SourcePlace("")), ConfigTree.Of(component.Options))
            .Where(option => !paths.Contains(option.Name))
            .Select(option => KeyValuePair.Create(option.Name, option.After ?? "null"));
    }

    /// <summary>The folder or file that a part comes from; null where it has none.</summary>
    public static string? CheckpointOf(Component component) => component.Options.GetType().GetProperty("Checkpoint")?.GetValue(component.Options) as string;
}
