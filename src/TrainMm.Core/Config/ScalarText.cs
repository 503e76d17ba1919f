using System.Globalization;

namespace TrainMm.Core.Config;

/// <summary>Single values as text, in both directions and independent of the machine's language.</summary>
internal static class ScalarText
{
    private const NumberStyles Integer = NumberStyles.AllowLeadingSign;

    /// <summary>Whether the type is a single value other than an enum.</summary>
    public static bool Reads(Type type) =>
        type == typeof(string) || type == typeof(bool) || type == typeof(int) || type == typeof(long) || type == typeof(float) || type == typeof(double);

    /// <summary>Reads a text as the type; null where it is none.</summary>
    public static object? Read(string text, Type type)
    {
        if (type == typeof(string)) return text;
        if (type == typeof(bool)) return text switch { "true" => true, "false" => false, _ => null };
        if (type.IsEnum) return Enum.GetValues(type).Cast<object>().FirstOrDefault(value => string.Equals(Write(value), text, StringComparison.Ordinal));
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        if (text.StartsWith('_') || text.EndsWith('_')) return null;
        if (type == typeof(int)) return int.TryParse(digits, Integer, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (type == typeof(long)) return long.TryParse(digits, Integer, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (type == typeof(float)) return float.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && float.IsFinite(number) ? number : null;
        return double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var wide) && double.IsFinite(wide) ? wide : null;
    }

    /// <summary>The text that <see cref="Read"/> turns into the value.</summary>
    public static string Write(object value) => value switch
    {
        bool truth => truth ? "true" : "false",
        Enum => OptionName.Of(value.ToString()!),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture).Replace('E', 'e'),
        _ => (string)value,
    };

    /// <summary>The words of an enum.</summary>
    public static IReadOnlyList<string> Words(Type type) => [.. Enum.GetValues(type).Cast<object>().Select(Write)];

    /// <summary>The type in the user's words, with its article.</summary>
    public static string Expected(Type type)
    {
        if (type == typeof(string)) return "a text";
        if (type == typeof(bool)) return "true or false";
        if (type.IsEnum) return $"one of {string.Join(", ", Words(type))}";
        return type == typeof(int) || type == typeof(long) ? "an integer" : "a number";
    }
}
