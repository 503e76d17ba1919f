using System.Text.Json;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Core.Weights;

/// <summary>
/// A checkpoint's <c>config.json</c> (or a section of it) with typed access; every error names the file and the key.
/// A key that is absent or null takes the default that Hugging Face's own configuration class has, which the caller gives.
/// </summary>
public sealed class HuggingFaceConfig
{
    private readonly JsonElement root;
    private readonly string prefix;

    private HuggingFaceConfig(string path, JsonElement root, string prefix)
    {
        Path = path;
        this.root = root;
        this.prefix = prefix;
    }

    /// <summary>The file, as it was named.</summary>
    public string Path { get; }

    /// <summary>Every key of this section.</summary>
    public IEnumerable<string> Keys => root.EnumerateObject().Select(property => property.Name);

    /// <summary>Reads a file, or a folder's file of the given name.</summary>
    /// <param name="path">The file or the folder.</param>
    /// <param name="name">The file's name within a folder.</param>
    /// <exception cref="CheckpointException">There is no such file, or it is not a JSON object.</exception>
    public static HuggingFaceConfig Open(string path, string name = "config.json")
    {
        var file = Directory.Exists(path) ? System.IO.Path.Combine(path, name) : path;
        try
        {
            using var document = JsonBytes.Parse(File.ReadAllBytes(file), new JsonDocumentOptions { MaxDepth = 32 });
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new CheckpointException($"{file} is not a JSON object.");
            return new HuggingFaceConfig(file, document.RootElement.Clone(), "");
        }
        catch (JsonException fault)
        {
            throw new CheckpointException($"{file}:{fault.LineNumber + 1}: is not valid JSON.", fault);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException($"{file} does not exist.", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{file} cannot be read: {fault.Message}", fault);
        }
    }

    /// <summary>Whether the key is there and not null.</summary>
    public bool Has(string key) => root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>Whether the key is there and null: where that means something else than its absence.</summary>
    public bool IsNull(string key) => root.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Null;

    /// <summary>A whole number.</summary>
    /// <exception cref="CheckpointException">The key is no whole number, or is absent and there is no default.</exception>
    public int Integer(string key, int? otherwise = null) =>
        Read(key, otherwise, "a whole number", value => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null);

    /// <summary>A number.</summary>
    /// <exception cref="CheckpointException">The key is no number, or is absent and there is no default.</exception>
    public double Number(string key, double? otherwise = null) =>
        Read(key, otherwise, "a number", value => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? number : null);

    /// <summary>True or false.</summary>
    /// <exception cref="CheckpointException">The key is neither, or is absent and there is no default.</exception>
    public bool Flag(string key, bool? otherwise = null) =>
        Read<bool>(key, otherwise, "true or false", value => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : null);

    /// <summary>A text.</summary>
    /// <exception cref="CheckpointException">The key is no text, or is absent and there is no default.</exception>
    public string Text(string key, string? otherwise = null)
    {
        if (!Has(key)) return otherwise ?? throw Fault(key, "is missing");
        var value = root.GetProperty(key);
        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Fault(key, $"is {value.GetRawText()}, a text was expected");
    }

    /// <summary>A list of numbers; a single number is a list of one, absent an empty one.</summary>
    /// <exception cref="CheckpointException">Something in it is no number.</exception>
    public IReadOnlyList<double> Numbers(string key)
    {
        if (!Has(key)) return [];
        var value = root.GetProperty(key);
        IEnumerable<JsonElement> items = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [value];
        return [.. items.Select(item => item.ValueKind == JsonValueKind.Number ? item.GetDouble() : throw Fault(key, $"has {item.GetRawText()} in it, a number was expected"))];
    }

    /// <summary>A list of whole numbers from 1; a single number is a list of one.</summary>
    /// <exception cref="CheckpointException">Something in it is none, or the list is empty.</exception>
    public IReadOnlyList<int> Counts(string key, IReadOnlyList<int> otherwise)
    {
        if (!Has(key)) return otherwise;
        int[] counts = [.. Numbers(key).Select(number => number == Math.Floor(number) && number is >= 1 and <= int.MaxValue ? (int)number : throw Fault(key, $"has {number} in it, a whole number from 1 was expected"))];
        return counts.Length > 0 ? counts : throw Fault(key, "is empty");
    }

    /// <summary>A list of lists of whole numbers from 1, some of which may be null.</summary>
    /// <exception cref="CheckpointException">The key is missing, or something in it is none.</exception>
    public IReadOnlyList<IReadOnlyList<int?>> OptionalCounts(string key)
    {
        if (!Has(key)) throw Fault(key, "is missing");
        return [.. List(root.GetProperty(key)).Select(row => List(row).Select(Count).ToArray())];

        IEnumerable<JsonElement> List(JsonElement value) => value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw Fault(key, $"has {value.GetRawText()} where a list was expected");

        int? Count(JsonElement item)
        {
            if (item.ValueKind == JsonValueKind.Null) return null;
            return item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var count) && count >= 1 ? count : throw Fault(key, $"has {item.GetRawText()} in it, a whole number from 1 was expected");
        }
    }

    /// <summary>A list of texts; a single text is a list of one, absent an empty one.</summary>
    /// <exception cref="CheckpointException">Something in it is no text.</exception>
    public IReadOnlyList<string> Texts(string key)
    {
        if (!Has(key)) return [];
        var value = root.GetProperty(key);
        IEnumerable<JsonElement> items = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [value];
        return [.. items.Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Fault(key, $"has {item.GetRawText()} in it, a text was expected"))];
    }

    /// <summary>Whether the value is a text (several keys may be a text or a list).</summary>
    public bool IsText(string key) => root.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String;

    /// <summary>Whether the value is true or false.</summary>
    public bool IsFlag(string key) => root.TryGetProperty(key, out var value) && value.ValueKind is (JsonValueKind.True or JsonValueKind.False);

    /// <summary>Whether the value is a list of lists (several keys may be one or a plain list).</summary>
    public bool HoldsLists(string key) => root.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Array && value.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.Array);

    /// <summary>Whether the value is a nested object.</summary>
    public bool IsObject(string key) => root.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Object;

    /// <summary>A nested object.</summary>
    /// <exception cref="CheckpointException">The key is missing or no object.</exception>
    public HuggingFaceConfig Section(string key)
    {
        if (!Has(key)) throw Fault(key, "is missing");
        var value = root.GetProperty(key);
        return value.ValueKind == JsonValueKind.Object ? new HuggingFaceConfig(Path, value, $"{prefix}{key}.") : throw Fault(key, "is no object");
    }

    /// <summary>An error about one key, for checks that only the caller can make.</summary>
    public CheckpointException Fault(string key, string what) => new($"{Path}: '{prefix}{key}' {what}{(what.EndsWith('?') ? "" : ".")}");

    private T Read<T>(string key, T? otherwise, string expected, Func<JsonElement, T?> convert)
        where T : struct
    {
        if (!Has(key)) return otherwise ?? throw Fault(key, "is missing");
        var value = root.GetProperty(key);
        return convert(value) ?? throw Fault(key, $"is {value.GetRawText()}, {expected} was expected");
    }
}
