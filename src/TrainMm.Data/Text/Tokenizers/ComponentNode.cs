using System.Text.Json;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Text.Tokenizers;

/// <summary>A value of a tokenizer's JSON file that knows its file and its path, so that each error can name both.</summary>
internal readonly record struct ComponentNode(JsonElement Element, string File, string Path)
{
    /// <summary>True for a missing value and for <c>null</c>.</summary>
    public bool IsAbsent => Element.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    /// <summary>The component's <c>type</c>.</summary>
    public string Type => Text("type");

    /// <summary>The value under a name; absent where there is none.</summary>
    public ComponentNode Child(string name)
    {
        if (Element.ValueKind != JsonValueKind.Object)
        {
            throw Fault("an object is expected here");
        }

        return new ComponentNode(Element.TryGetProperty(name, out var child) ? child : default, File, $"{Path}.{name}");
    }

    /// <summary>The array under a name.</summary>
    public ComponentNode Array(string name)
    {
        var array = Child(name);
        return array.Element.ValueKind == JsonValueKind.Array ? array : throw array.Fault("an array is expected here");
    }

    /// <summary>The entries of the array under a name.</summary>
    public List<ComponentNode> Items(string name)
    {
        var array = Array(name);
        var items = new List<ComponentNode>(array.Element.GetArrayLength());
        foreach (var item in array.Element.EnumerateArray())
        {
            items.Add(new ComponentNode(item, File, $"{array.Path}[{items.Count}]"));
        }

        return items;
    }

    /// <summary>The string under a name.</summary>
    public string Text(string name)
    {
        var child = Child(name);
        return child.Element.ValueKind == JsonValueKind.String ? child.Element.GetString()! : throw child.Fault("a string is expected here");
    }

    /// <summary>The string under a name, or null where it is absent.</summary>
    public string? OptionalText(string name) => Child(name).IsAbsent ? null : Text(name);

    /// <summary>The single character under a name.</summary>
    public char Character(string name, char otherwise)
    {
        var text = OptionalText(name);
        return text is null ? otherwise : text.Length == 1 ? text[0] : throw Child(name).Fault("one character is expected here");
    }

    /// <summary>The boolean under a name, or what holds where it is absent.</summary>
    public bool Flag(string name, bool otherwise)
    {
        var child = Child(name);
        return child.Element.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Null or JsonValueKind.Undefined => otherwise,
            _ => throw child.Fault("true or false is expected here"),
        };
    }

    /// <summary>The whole number under a name.</summary>
    public int Integer(string name, int? otherwise = null)
    {
        var child = Child(name);
        return child.IsAbsent && otherwise is { } value ? value
            : child.Element.ValueKind == JsonValueKind.Number && child.Element.TryGetInt32(out var number) ? number
            : throw child.Fault("a whole number is expected here");
    }

    /// <summary>The error that says what is wrong with this value.</summary>
    public DataException Fault(string message, Exception? inner = null) => new($"{Path}: {message}", File, inner);

    /// <summary>The error for a <c>type</c> that is not known here.</summary>
    public DataException UnknownType(string role, params ReadOnlySpan<string> known) =>
        Fault($"unknown {role} type '{Type}'; known are {string.Join(", ", known.ToArray().Order(StringComparer.Ordinal))}");
}
