namespace TrainMm.Core.Config;

/// <summary>Turns typed options back into a configuration with every default written out: the resolved configuration.</summary>
public static class ConfigTree
{
    private static readonly SourcePlace Resolved = new("(resolved)");

    /// <summary>The options as a mapping, in the order of their declaration.</summary>
    /// <param name="options">Options that <see cref="ConfigBinder"/> read, or that were made in code.</param>
    public static ConfigMapping Of(object options) => new(Entries(options), Resolved);

    private static List<ConfigEntry> Entries(object options) =>
        [.. OptionProperty.Of(options.GetType()).Select(property => Entry(property.Name, Node(property.Shape, property.Property.GetValue(options))))];

    private static ConfigEntry Entry(string key, ConfigNode value) => new(key, Resolved, value);

    private static ConfigNode Node(OptionShape shape, object? value) => (shape, value) switch
    {
        (_, null) => new ConfigScalar("null", isQuoted: false, Resolved),
        (OptionShape.List list, System.Collections.IEnumerable items) =>
            new ConfigList([.. items.Cast<object>().Select(item => Node(list.Element, item))], Resolved),
        (OptionShape.Dictionary dictionary, System.Collections.IEnumerable) => Dictionary(dictionary, value),
        (OptionShape.Component, Component component) =>
            new ConfigMapping([Entry(ConfigMerge.KindKey, new ConfigScalar(component.Kind, isQuoted: true, Resolved)), .. Entries(component.Options)], Resolved),
        (OptionShape.Options, _) => Of(value),
        _ => new ConfigScalar(EnvironmentVariables.Escape(ScalarText.Write(value)), isQuoted: value is string, Resolved),
    };

    private static ConfigMapping Dictionary(OptionShape.Dictionary shape, object value)
    {
        var pair = typeof(KeyValuePair<,>).MakeGenericType(typeof(string), shape.Element.Type);
        var key = pair.GetProperty("Key")!;
        var item = pair.GetProperty("Value")!;
        return new ConfigMapping(
            [.. ((System.Collections.IEnumerable)value).Cast<object>().Select(each => Entry((string)key.GetValue(each)!, Node(shape.Element, item.GetValue(each))))],
            Resolved);
    }
}
