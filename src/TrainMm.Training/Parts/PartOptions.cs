using System.Reflection;
using TrainMm.Core.Config;

namespace TrainMm.Training.Parts;

/// <summary>The options of a part that change what it computes: all but paths, which change where its files are.</summary>
internal static class PartOptions
{
    /// <summary>Option names and values, nested options by dotted names.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Of(Component component)
    {
        var paths = PathsOf(component.Options).ToHashSet(StringComparer.Ordinal);
        return ConfigDiff.Between(new ConfigMapping([], new SourcePlace("")), ConfigTree.Of(component.Options))
            .Where(option => !paths.Contains(option.Name))
            .Select(option => KeyValuePair.Create(option.Name, option.After ?? "null"));
    }

    /// <summary>The folder or file that a part comes from; null where it has none.</summary>
    public static string? CheckpointOf(Component component) => component.Options.GetType().GetProperty("Checkpoint")?.GetValue(component.Options) as string;

    /// <summary>The names of the options that are paths, those of components within included.</summary>
    private static IEnumerable<string> PathsOf(object options)
    {
        foreach (var property in options.GetType().GetProperties())
        {
            var name = OptionName.Of(property.Name);
            if (property.IsDefined(typeof(PathValueAttribute))) yield return name;
            if (!property.PropertyType.IsAssignableTo(typeof(Component)) || property.GetValue(options) is not Component inner) continue;
            foreach (var below in PathsOf(inner.Options)) yield return $"{name}.{below}";
        }
    }
}
