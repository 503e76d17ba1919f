using System.Text;
using System.Text.Json;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Manifests.Rows;

/// <summary>
/// One row in LLaVA's form: <c>{"id": …, "image": PATH or [PATH, …], "conversations": [{"from": "human", "value": "&lt;image&gt;\n…"}, {"from": "gpt", "value": …}]}</c>.
/// Other columns that hold one value become attributes.
/// </summary>
internal sealed class LlavaRowParser(LlavaRowOptions options)
{
    private readonly byte[] id = Encoding.UTF8.GetBytes(options.Columns.Id);
    private readonly byte[] image = Encoding.UTF8.GetBytes(options.Columns.Image);
    private readonly byte[] conversations = Encoding.UTF8.GetBytes(options.Columns.Conversations);
    private readonly LlavaTurns turns = new(options);

    /// <summary>Reads a row.</summary>
    /// <exception cref="DataException">The row is no JSON, has wrong types, or its turns do not make a conversation.</exception>
    internal Sample Parse(ReadOnlySpan<byte> row, string origin, int ordinal)
    {
        try
        {
            return Read(row, origin, ordinal);
        }
        catch (JsonException error)
        {
            throw new DataException($"The row is no JSON: {JsonText.Reason(error)}", origin, error);
        }
        catch (InvalidOperationException error)
        {
            throw new DataException("The row holds text that is not Unicode (bytes that are no UTF-8, or half of a surrogate pair).", origin, error);
        }
        catch (FormatException error)
        {
            throw new DataException($"The row cannot be used: {error.Message}{(error.Message.EndsWith('?') ? "" : ".")}", origin, error);
        }
    }

    private Sample Read(ReadOnlySpan<byte> row, string origin, int ordinal)
    {
        var reader = new Utf8JsonReader(row);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw new FormatException($"it is {JsonText.What(reader.TokenType)}, not an object");
        string? name = null;
        List<string> images = [];
        List<RawTurn>? raw = null;
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(id)) name = ReadId(ref reader);
            else if (reader.ValueTextEquals(image)) images = ReadImages(ref reader);
            else if (reader.ValueTextEquals(conversations)) raw = ReadTurns(ref reader);
            else ReadAttribute(ref reader, attributes);
        }

        if (reader.Read()) throw new FormatException("something follows the object");
        if (raw is null) throw new FormatException($"the column `{options.Columns.Conversations}` is missing");
        return new Sample { Id = name ?? ordinal.ToString(), Origin = origin, Turns = turns.Build(raw, images), Attributes = attributes };
    }

    private string? ReadId(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
            JsonTokenType.Null => null,
            var other => throw new FormatException($"`{options.Columns.Id}` must be a text or a number, not {JsonText.What(other)}"),
        };
    }

    private List<string> ReadImages(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null) return [];
        if (reader.TokenType == JsonTokenType.String) return [reader.GetString()!];
        if (reader.TokenType != JsonTokenType.StartArray) throw new FormatException($"`{options.Columns.Image}` must be a path or a list of paths, not {JsonText.What(reader.TokenType)}");
        var images = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.String) throw new FormatException($"`{options.Columns.Image}` must list paths, and item {images.Count + 1} is {JsonText.What(reader.TokenType)}");
            images.Add(reader.GetString()!);
        }

        return images;
    }

    private List<RawTurn> ReadTurns(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray) throw new FormatException($"`{options.Columns.Conversations}` must be a list of turns, not {JsonText.What(reader.TokenType)}");
        var list = new List<RawTurn>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw new FormatException($"turn {list.Count + 1} is {JsonText.What(reader.TokenType)}, not an object");
            list.Add(ReadTurn(ref reader, list.Count + 1));
        }

        return list;
    }

    private static RawTurn ReadTurn(ref Utf8JsonReader reader, int number)
    {
        string? from = null;
        string? value = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("from"u8)) from = ReadText(ref reader, number, "from");
            else if (reader.ValueTextEquals("value"u8)) value = ReadText(ref reader, number, "value");
            else reader.Skip();
        }

        return new RawTurn(
            from ?? throw new FormatException($"turn {number} has no `from`"),
            value ?? throw new FormatException($"turn {number} has no `value`"));
    }

    private static string ReadText(ref Utf8JsonReader reader, int number, string name)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new FormatException($"turn {number}: `{name}` must be a text, not {JsonText.What(reader.TokenType)}");
    }

    private static void ReadAttribute(ref Utf8JsonReader reader, Dictionary<string, string> attributes)
    {
        var name = reader.GetString()!;
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                attributes[name] = reader.GetString()!;
                break;
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                attributes[name] = Encoding.UTF8.GetString(reader.ValueSpan);
                break;
            default:
                reader.Skip();
                break;
        }
    }
}
