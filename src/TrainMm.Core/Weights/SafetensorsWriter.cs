using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace TrainMm.Core.Weights;

/// <summary>
/// Writes safetensors files whose bytes depend on nothing but the tensors and the metadata: widest element types first (so that all data is aligned),
/// then by name; metadata sorted. The file is written beside its final name, flushed to the disk and renamed, so that a reader never sees half of one.
/// </summary>
public static class SafetensorsWriter
{
    private const int Alignment = 8;

    private const string MetadataKey = "__metadata__";

    /// <summary>Writes the tensors, replacing a file of the same name.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Name → tensor, of any type that the format has, on any device.</param>
    /// <param name="metadata">Written as <c>__metadata__</c>; null writes <c>{"format": "pt"}</c>, which Hugging Face's loaders ask for.</param>
    /// <exception cref="ArgumentException">A tensor has the name that the format keeps for its metadata.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        if (tensors.ContainsKey(MetadataKey)) throw new ArgumentException($"A tensor cannot be called {MetadataKey}: that is the metadata's name in the file.", nameof(tensors));
        var ordered = tensors
            .OrderByDescending(pair => SafetensorsDtype.SizeOf(pair.Value.dtype))
            .ThenBy(pair => pair.Key, StringComparer.Ordinal)
            .ToArray();
        var temporary = path + ".tmp";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
        {
            WriteHeader(stream, ordered, metadata ?? new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" });
            foreach (var (_, tensor) in ordered) TensorBytes.Write(stream, tensor);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    private static void WriteHeader(Stream stream, KeyValuePair<string, Tensor>[] tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteStartObject(MetadataKey);
            foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)) writer.WriteString(key, value);
            writer.WriteEndObject();
            var position = 0L;
            foreach (var (name, tensor) in tensors)
            {
                var end = position + (tensor.numel() * SafetensorsDtype.SizeOf(tensor.dtype));
                WriteEntry(writer, name, tensor, position, end);
                position = end;
            }

            writer.WriteEndObject();
        }

        while (json.Length % Alignment != 0) json.WriteByte((byte)' ');
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)json.Length);
        stream.Write(prefix);
        json.Position = 0;
        json.CopyTo(stream);
    }

    private static void WriteEntry(Utf8JsonWriter writer, string name, Tensor tensor, long begin, long end)
    {
        writer.WriteStartObject(name);
        writer.WriteString("dtype", SafetensorsDtype.NameOf(tensor.dtype));
        writer.WriteStartArray("shape");
        foreach (var size in tensor.shape) writer.WriteNumberValue(size);
        writer.WriteEndArray();
        writer.WriteStartArray("data_offsets");
        writer.WriteNumberValue(begin);
        writer.WriteNumberValue(end);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
