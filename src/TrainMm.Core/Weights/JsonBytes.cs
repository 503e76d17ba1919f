using System.Text.Json;
using System.Text.Unicode;

namespace TrainMm.Core.Weights;

/// <summary>JSON of a stranger. What is no text in it (bytes that are no UTF-8, half a surrogate pair) is found when it is parsed; by itself System.Text.Json would say so when the text is asked for.</summary>
public static class JsonBytes
{
    /// <summary>Parses a document.</summary>
    /// <param name="json">UTF-8 without a byte order mark.</param>
    /// <param name="options">Depth and duplicates.</param>
    /// <exception cref="JsonException">It is no JSON, or a text in it is none.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json, JsonDocumentOptions options = default)
    {
        if (!Utf8.IsValid(json.Span)) throw Fault("a text is not UTF-8", json.Span, FirstInvalid(json.Span));
        var document = JsonDocument.Parse(json, options);
        try
        {
            CheckEscapes(json.Span, options.MaxDepth);
            return document;
        }
        catch
        {
            document.Dispose();
            throw;
        }
    }

    private static void CheckEscapes(ReadOnlySpan<byte> json, int maxDepth)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = maxDepth });
        while (reader.Read())
        {
            if (!reader.ValueIsEscaped) continue;
            try
            {
                reader.GetString();
            }
            catch (InvalidOperationException)
            {
                throw Fault("a text has half a surrogate pair", json, (int)reader.TokenStartIndex);
            }
        }
    }

    private static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        var (low, high) = (0, bytes.Length);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (IsValidUpTo(bytes, middle)) low = middle;
            else high = middle;
        }

        return low;
    }

    /// <summary>Whether the bytes before a place are valid, but for a character that the place cuts.</summary>
    private static bool IsValidUpTo(ReadOnlySpan<byte> bytes, int end)
    {
        for (var cut = 0; cut < 4 && cut <= end; cut++)
        {
            if (Utf8.IsValid(bytes[..(end - cut)])) return true;
        }

        return false;
    }

    private static JsonException Fault(string what, ReadOnlySpan<byte> json, int at)
    {
        var line = json[..at].Count((byte)'\n');
        return new JsonException($"{what}, line {line + 1}", path: null, lineNumber: line, bytePositionInLine: at - (json[..at].LastIndexOf((byte)'\n') + 1));
    }
}
