using static TorchSharp.torch;

namespace TrainMm.Core.Weights;

/// <summary>The element types of the safetensors format that a tensor here can hold, and their names in a file's header.</summary>
public static class SafetensorsDtype
{
    private static readonly (string Name, ScalarType Type, int Size)[] Known =
    [
        ("F64", ScalarType.Float64, 8),
        ("I64", ScalarType.Int64, 8),
        ("F32", ScalarType.Float32, 4),
        ("I32", ScalarType.Int32, 4),
        ("F16", ScalarType.Float16, 2),
        ("BF16", ScalarType.BFloat16, 2),
        ("I16", ScalarType.Int16, 2),
        ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1),
        ("BOOL", ScalarType.Bool, 1),
    ];

    /// <summary>Every name that is read and written.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Select(entry => entry.Name)];

    /// <summary>The element type that a header names, or null where it is none of <see cref="Names"/>.</summary>
    public static ScalarType? Parse(string name)
    {
        foreach (var entry in Known)
        {
            if (entry.Name == name) return entry.Type;
        }

        return null;
    }

    /// <summary>The header's name of an element type.</summary>
    /// <exception cref="ArgumentException">The format has no such type.</exception>
    public static string NameOf(ScalarType type) => Find(type).Name;

    /// <summary>Bytes of one element.</summary>
    /// <exception cref="ArgumentException">The format has no such type.</exception>
    public static int SizeOf(ScalarType type) => Find(type).Size;

    private static (string Name, ScalarType Type, int Size) Find(ScalarType type)
    {
        foreach (var entry in Known)
        {
            if (entry.Type == type) return entry;
        }

        throw new ArgumentException($"safetensors cannot hold {type}.", nameof(type));
    }
}
