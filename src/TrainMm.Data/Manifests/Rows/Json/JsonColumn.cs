using System.Text;
using System.Text.Json;

namespace TrainMm.Data.Manifests.Rows.Json;

/// <summary>A column by name: whether the reader stands at it, and its value where a row may hold several shapes of it.</summary>
internal sealed class JsonColumn(string name)
{
    private readonly byte[] utf8 = Encoding.UTF8.GetBytes(name);

    /// <summary>Whether the reader stands at this column's name.</summary>
    internal bool IsAt(ref Utf8JsonReader reader) => reader.ValueTextEquals(utf8);

    /// <summary>A missing column.</summary>
    internal FormatException Missing() => new($"the column `{name}` is missing");

    /// <summary>An id: a text or a number; null where it is null.</summary>
    internal string? ReadId(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
            JsonTokenType.Null => null,
            var other => throw new FormatException($"`{name}` must be a text or a number, not {JsonText.What(other)}"),
        };
    }

    /// <summary>A text; null where it is null.</summary>
    internal string? ReadText(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.Null => null,
            var other => throw new FormatException($"`{name}` must be a text, not {JsonText.What(other)}"),
        };
    }

    /// <summary>Paths: a text, a list of texts, or null for none; an item may also be an object with a <c>path</c>.</summary>
    internal List<string> ReadPaths(ref Utf8JsonReader reader) => ReadList(ref reader, "path");

    /// <summary>Texts: one, a list of them, or null for none.</summary>
    internal List<string> ReadTexts(ref Utf8JsonReader reader) => ReadList(ref reader, "text");

    private List<string> ReadList(ref Utf8JsonReader reader, string noun)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null) return [];
        if (reader.TokenType is JsonTokenType.String or JsonTokenType.StartObject) return [ReadItem(ref reader, 1, noun)];
        if (reader.TokenType != JsonTokenType.StartArray) throw new FormatException($"`{name}` must be a {noun} or a list of {noun}s, not {JsonText.What(reader.TokenType)}");
        var paths = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) paths.Add(ReadItem(ref reader, paths.Count + 1, noun));
        return paths;
    }

    /// <summary>A list of turns, each an object.</summary>
    internal List<RawTurn> ReadTurns(ref Utf8JsonReader reader, TurnReader readTurn)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray) throw new FormatException($"`{name}` must be a list of turns, not {JsonText.What(reader.TokenType)}");
        var list = new List<RawTurn>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw new FormatException($"turn {list.Count + 1} is {JsonText.What(reader.TokenType)}, not an object");
            list.Add(readTurn(ref reader, list.Count + 1));
        }

        return list;
    }

    private string ReadItem(ref Utf8JsonReader reader, int number, string noun)
    {
        if (reader.TokenType == JsonTokenType.String) return reader.GetString()!;
        if (reader.TokenType != JsonTokenType.StartObject) throw new FormatException($"`{name}` must list {noun}s, and item {number} is {JsonText.What(reader.TokenType)}");
        string? path = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isPath = reader.ValueTextEquals("path"u8);
            reader.Read();
            if (isPath && reader.TokenType == JsonTokenType.String) path = reader.GetString();
            else reader.Skip();
        }

        return path ?? throw new FormatException($"`{name}` must list {noun}s, and item {number} is an object without a `path`");
    }
}

/// <summary>Reads one turn; the reader stands at its opening brace.</summary>
internal delegate RawTurn TurnReader(ref Utf8JsonReader reader, int number);
