using System.Buffers.Binary;
using System.Text.Json;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Core.Weights;

/// <summary>
/// Reads and checks a safetensors header: eight bytes of length, then JSON. Nothing in it is trusted:
/// every size is bounded by the file's own length before anything is allocated.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The format's own bound on the JSON's length.</summary>
    public const long MaximumLength = 100_000_000;

    /// <summary>Deeper than any header is (an object of objects of arrays), so that nesting cannot exhaust the stack.</summary>
    private const int MaximumDepth = 8;

    private const string MetadataKey = "__metadata__";

    private readonly string path;

    private SafetensorsHeader(string path, long dataStart)
    {
        this.path = path;
        DataStart = dataStart;
    }

    /// <summary>The file offset of the first tensor byte.</summary>
    public long DataStart { get; }

    public Dictionary<string, SafetensorsEntry> Entries { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    public static SafetensorsHeader Read(Stream stream, string path)
    {
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        if (stream.Length < prefix.Length) throw Fault(path, $"is no safetensors file: it has {stream.Length} bytes, less than the 8 of the header's length");
        stream.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > MaximumLength) throw Fault(path, $"is no safetensors file: it claims a header of {length} bytes, the most is {MaximumLength}");
        var rest = stream.Length - prefix.Length;
        if ((long)length > rest) throw Fault(path, $"is cut off: the header has {length} bytes, the file ends after {rest} of them");
        var json = new byte[length];
        stream.ReadExactly(json);
        var header = new SafetensorsHeader(path, prefix.Length + (long)length);
        header.Parse(json);
        header.CheckLayout(stream.Length - header.DataStart);
        return header;
    }

    private static CheckpointException Fault(string path, string what, Exception? inner = null) => new($"{path} {what}.", inner);

    private void Parse(byte[] json)
    {
        try
        {
            using var document = JsonBytes.Parse(json, new JsonDocumentOptions { MaxDepth = MaximumDepth });
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw Fault(path, "is no safetensors file: its header is not a JSON object");
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Name == MetadataKey) ReadMetadata(property.Value);
                else if (!Entries.TryAdd(property.Name, ReadEntry(property.Name, property.Value))) throw Fault(path, $"names '{property.Name}' twice");
            }
        }
        catch (JsonException fault)
        {
            throw Fault(path, "is no safetensors file: its header is not valid JSON", fault);
        }
    }

    private void ReadMetadata(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object) throw Fault(path, "has a '__metadata__' that is not an object");
        foreach (var item in value.EnumerateObject())
        {
            if (item.Value.ValueKind != JsonValueKind.String) throw Fault(path, $"has metadata '{item.Name}' that is not a string");
            if (!Metadata.TryAdd(item.Name, item.Value.GetString()!)) throw Fault(path, $"names metadata '{item.Name}' twice");
        }
    }

    private SafetensorsEntry ReadEntry(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object) throw Fault(path, $"describes '{name}' by something that is not an object");
        var fields = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var field in value.EnumerateObject())
        {
            if (!fields.TryAdd(field.Name, field.Value)) throw Fault(path, $"gives '{name}' two values of '{field.Name}'");
        }

        var dtypeName = fields.TryGetValue("dtype", out var dtype) && dtype.ValueKind == JsonValueKind.String ? dtype.GetString()! : throw Fault(path, $"gives '{name}' no dtype");
        var type = SafetensorsDtype.Parse(dtypeName)
            ?? throw Fault(path, $"holds '{name}' as {dtypeName}, which is not read here (known: {string.Join(", ", SafetensorsDtype.Names)})");
        var shape = ReadIntegers(name, "shape", fields);
        var offsets = ReadIntegers(name, "data_offsets", fields);
        if (offsets.Length != 2 || offsets[0] > offsets[1]) throw Fault(path, $"gives '{name}' data_offsets that are no begin and end");
        try
        {
            var entry = new SafetensorsEntry(name, type, shape, offsets[0], offsets[1]);
            if (checked(entry.Elements * SafetensorsDtype.SizeOf(type)) != entry.End - entry.Begin)
                throw Fault(path, $"gives '{name}' {entry.End - entry.Begin} bytes; {dtypeName} [{string.Join(", ", shape)}] needs {entry.Elements * SafetensorsDtype.SizeOf(type)}");
            return entry;
        }
        catch (OverflowException fault)
        {
            throw Fault(path, $"gives '{name}' a shape [{string.Join(", ", shape)}] whose size overflows", fault);
        }
    }

    private long[] ReadIntegers(string name, string field, Dictionary<string, JsonElement> fields)
    {
        if (!fields.TryGetValue(field, out var value) || value.ValueKind != JsonValueKind.Array) throw Fault(path, $"gives '{name}' no {field}");
        var integers = new long[value.GetArrayLength()];
        var i = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out var integer) || integer < 0)
                throw Fault(path, $"gives '{name}' a {field} with '{item}', which is no size");
            integers[i++] = integer;
        }

        return integers;
    }

    /// <summary>The tensors must lie one behind the other from the first byte to the file's last: no hole, no overlap, nothing behind.</summary>
    private void CheckLayout(long dataLength)
    {
        var position = 0L;
        foreach (var entry in Entries.Values.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            if (entry.Begin != position) throw Fault(path, $"has '{entry.Name}' at byte {entry.Begin} of its data; byte {position} was due");
            position = entry.End;
        }

        if (position > dataLength) throw Fault(path, $"is cut off: its tensors need {position} bytes, {dataLength} are there");
        if (position < dataLength) throw Fault(path, $"has {dataLength - position} bytes behind its last tensor");
    }
}
