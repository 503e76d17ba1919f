namespace TrainMm.Core.Config;

/// <summary>What <c>describe</c> shows about one option.</summary>
/// <param name="Name">Its name in YAML.</param>
/// <param name="Type">Its type in the user's words.</param>
/// <param name="Default">Its default as YAML on one line, or null where there is none to show: the option is required or has options of its own.</param>
/// <param name="IsRequired">Whether it must be given.</param>
/// <param name="Summary">What it is, from its XML docs.</param>
/// <param name="Rules">What its value must be beyond its type.</param>
/// <param name="Options">Its own options, where it is a mapping of options.</param>
/// <param name="Catalog">The catalog of its kinds, where it is a component.</param>
public sealed record OptionDescription(
    string Name,
    string Type,
    string? Default,
    bool IsRequired,
    string Summary,
    IReadOnlyList<string> Rules,
    IReadOnlyList<OptionDescription> Options,
    ICatalog? Catalog)
{
    /// <summary>Describes all options of a class, in the order of declaration.</summary>
    public static IReadOnlyList<OptionDescription> Of(Type options) => Of(options, Activator.CreateInstance(options)!);

    private static IReadOnlyList<OptionDescription> Of(Type options, object defaults) =>
        [.. OptionProperty.Of(options).Select(property => Of(property, property.Property.GetValue(defaults), ConfigTree.Of(defaults)))];

    private static OptionDescription Of(OptionProperty property, object? current, ConfigMapping defaults)
    {
        var innermost = Innermost(property.Shape);
        var showsDefault = !property.IsRequired && property.Shape is not OptionShape.Options;
        return new OptionDescription(
            property.Name,
            TypeText(property.Shape, property.Path) + (property.IsNullable ? " or null" : ""),
            showsDefault && defaults.TryGet(property.Name, out var value) ? ConfigWriter.Inline(value.Value) : null,
            property.IsRequired,
            DocumentationText.Of(property.Property) ?? "",
            [.. property.Constraints.Select(constraint => constraint.Rule)],
            innermost is OptionShape.Options nested ? Of(nested.Type, nested.Type.IsInstanceOfType(current) ? current! : Activator.CreateInstance(nested.Type)!) : [],
            (innermost as OptionShape.Component)?.Catalog);
    }

    private static OptionShape Innermost(OptionShape shape) => shape switch
    {
        OptionShape.List list => Innermost(list.Element),
        OptionShape.Dictionary dictionary => Innermost(dictionary.Element),
        _ => shape,
    };

    private static string TypeText(OptionShape shape, PathValueAttribute? path) => shape switch
    {
        OptionShape.List list => $"list of {TypeText(list.Element, path)}",
        OptionShape.Dictionary dictionary => $"mapping of names to {TypeText(dictionary.Element, path)}",
        OptionShape.Component component => component.Catalog.Role,
        OptionShape.Options => "options",
        _ => ScalarType(shape.Type, path),
    };

    private static string ScalarType(Type type, PathValueAttribute? path)
    {
        if (type.IsEnum) return string.Join(" | ", ScalarText.Words(type));
        if (type == typeof(bool)) return "true | false";
        if (type == typeof(int) || type == typeof(long)) return "integer";
        if (type != typeof(string)) return "number";
        return path?.Rule switch
        {
            null => "text",
            PathRule.ExistingFile => "path of a file",
            PathRule.ExistingFolder => "path of a folder",
            PathRule.Existing => "path of a file or folder",
            _ => "path",
        };
    }
}
