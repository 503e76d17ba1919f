using TrainMm.Core.Diagnostics;

namespace TrainMm.Core.Config;

/// <summary>Reads single values and checks them: type, constraints, paths.</summary>
/// <param name="problems">Where findings are added.</param>
internal sealed class ValueReader(List<Diagnostic> problems)
{
    /// <summary>Reads a value; null where it is wrong (the problem is added).</summary>
    public object? ReadScalar(OptionProperty property, OptionShape.Scalar shape, ConfigNode node, SourcePlace keyPlace, string name)
    {
        if (node.IsNull)
        {
            problems.Add(keyPlace.Error($"{name}: expected {ScalarText.Expected(shape.Type)}, found nothing", shape.Type == typeof(string) ? "write \"\" for an empty text" : null));
            return null;
        }

        if (node is not ConfigScalar scalar || ScalarText.Read(scalar.Text, shape.Type) is not { } value)
        {
            problems.Add(node.Place.Error($"{name}: expected {ScalarText.Expected(shape.Type)}, found {node.Shown}", TypeHint(node, shape.Type)));
            return null;
        }

        if (property.Path is { } rule) return ResolvePath(rule, (string)value, node.Place, name);
        if (property.Constraints.FirstOrDefault(constraint => !constraint.IsAboutWhole && !constraint.Allows(value)) is not { } broken) return value;
        problems.Add(node.Place.Error($"{name}: must be {broken.Rule}, found {scalar.Text}"));
        return null;
    }

    /// <summary>Makes the paths among an option's default absolute and checks them; null where the default stays as it is.</summary>
    public object? ReadDefault(OptionProperty property, object? value, SourcePlace place, string name) => (property.Path, value) switch
    {
        ({ } rule, string text) => ResolveDefault(rule, text, place, name),
        ({ } rule, IReadOnlyList<string> texts) => texts.Select((text, index) => ResolveDefault(rule, text, place, $"{name}.{index}")).ToList(),
        _ => null,
    };

    private string ResolveDefault(PathValueAttribute rule, string text, SourcePlace place, string name)
    {
        var path = PathValueAttribute.Resolve(text, Environment.CurrentDirectory);
        if (rule.Problem(path) is { } problem) problems.Add(place.Error($"{name}: {problem}", "it is the option's default; write the option to choose another path"));
        return path;
    }

    private string? ResolvePath(PathValueAttribute rule, string text, SourcePlace place, string name)
    {
        if (text.Length == 0)
        {
            problems.Add(place.Error($"{name}: expected a path, found an empty text"));
            return null;
        }

        var path = PathValueAttribute.Resolve(text, place.Folder);
        if (rule.Problem(path) is not { } problem) return path;
        var isRelative = !Path.IsPathRooted(text) && !text.StartsWith('~');
        problems.Add(place.Error($"{name}: {problem}", isRelative ? $"'{text}' is taken from {(place.Line == 0 ? "the current folder" : "the folder of the file that wrote it")}" : null));
        return null;
    }

    private static string? TypeHint(ConfigNode node, Type type)
    {
        if (node is not ConfigScalar { Text: var text }) return null;
        if (type.IsEnum) return Spelling.Nearest(text, ScalarText.Words(type)) is { } word ? $"did you mean '{word}'?" : null;
        if (type == typeof(bool) && text.ToUpperInvariant() is "YES" or "NO" or "ON" or "OFF" or "TRUE" or "FALSE" or "1" or "0") return "write true or false in small letters";
        if (type == typeof(int) && ScalarText.Read(text, typeof(long)) is not null) return $"integers go up to {int.MaxValue}";
        return (type == typeof(int) || type == typeof(long)) && ScalarText.Read(text, typeof(double)) is not null ? "write it without a fraction or an exponent" : null;
    }
}
