using System.Text.Json;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;

namespace TrainMm.Data.Text.Tokenizers;

/// <summary>Reads a JSON file whole.</summary>
internal static class JsonDocumentFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="DataException">It is missing or no JSON.</exception>
    public static JsonDocument Parse(string file) => Parse(file, ReadBytes(file));

    /// <summary>Reads a file's bytes.</summary>
    /// <exception cref="DataException">They are no JSON.</exception>
    public static JsonDocument Parse(string file, byte[] bytes)
    {
        try
        {
            var hasMark = bytes.AsSpan().StartsWith("\uFEFF"u8);
            return JsonBytes.Parse(hasMark ? bytes.AsMemory(3) : bytes.AsMemory(), new JsonDocumentOptions { MaxDepth = 64 });
        }
        catch (JsonException fault)
        {
            throw new DataException($"this is no JSON: {fault.Message}", $"{file}:{(fault.LineNumber ?? 0) + 1}", fault);
        }
    }

    /// <summary>The bytes of a file.</summary>
    /// <exception cref="DataException">It cannot be read.</exception>
    public static byte[] ReadBytes(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllBytes(file) : throw new DataException("there is no such file", file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new DataException(fault.Message, file, fault);
        }
    }
}
