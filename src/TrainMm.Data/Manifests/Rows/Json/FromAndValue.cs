using System.Text.Json;

namespace TrainMm.Data.Manifests.Rows.Json;

/// <summary>Turns with <c>from</c> and <c>value</c>, as LLaVA and ShareGPT have them; other keys are passed over.</summary>
internal static class FromAndValue
{
    /// <summary>Reads one turn.</summary>
    internal static RawTurn Read(ref Utf8JsonReader reader, int number) => Read(ref reader, number, static (ref Utf8JsonReader _) => false);

    /// <summary>Reads one turn of a format that has keys of its own.</summary>
    /// <param name="reader">At the turn's opening brace.</param>
    /// <param name="number">The turn's number, from 1.</param>
    /// <param name="readOther">Reads the value of the key that the reader is at; false where it does not know the key.</param>
    internal static RawTurn Read(ref Utf8JsonReader reader, int number, OtherKeyReader readOther)
    {
        string? from = null;
        string? value = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("from"u8)) from = ReadText(ref reader, number, "from");
            else if (reader.ValueTextEquals("value"u8)) value = ReadText(ref reader, number, "value");
            else if (!readOther(ref reader)) reader.Skip();
        }

        return new RawTurn(
            from ?? throw new FormatException($"turn {number} has no `from`"),
            value ?? throw new FormatException($"turn {number} has no `value`"));
    }

    /// <summary>A text of a turn.</summary>
    internal static string ReadText(ref Utf8JsonReader reader, int number, string name)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new FormatException($"turn {number}: `{name}` must be a text, not {JsonText.What(reader.TokenType)}");
    }
}

/// <summary>Reads the value of a key that the reader stands at; false where it does not know the key.</summary>
internal delegate bool OtherKeyReader(ref Utf8JsonReader reader);
