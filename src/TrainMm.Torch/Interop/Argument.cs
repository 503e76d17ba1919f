using TorchSharp;
using static TorchSharp.torch;

namespace TrainMm.Torch.Interop;

/// <summary>
/// An argument of an operator, made by implicit conversion. It keeps a reference to what it came from, so that a tensor
/// cannot be finalised while libtorch works on it.
/// </summary>
internal readonly struct Argument
{
    private readonly Tag tag;
    private readonly int count;
    private readonly long bits;
    private readonly object? source;

    private Argument(Tag tag, long bits = 0, object? source = null, int count = 0)
    {
        this.tag = tag;
        this.bits = bits;
        this.source = source;
        this.count = count;
    }

    internal static Argument None => default;

    internal object? Source => source;

    /// <summary>How many 8-byte cells <see cref="Write"/> needs for lists and text.</summary>
    internal int Cells => tag switch
    {
        Tag.Ints or Tag.Doubles or Tag.Tensors or Tag.OptionalTensors => count,
        Tag.Bools or Tag.String => (count + 7) / 8,
        _ => 0,
    };

    public static implicit operator Argument(Tensor? value) => value is null ? default : new(Tag.Tensor, value.Native, value);

    public static implicit operator Argument(long value) => new(Tag.Int, value);

    public static implicit operator Argument(long? value) => value is { } given ? new(Tag.Int, given) : default;

    public static implicit operator Argument(double value) => new(Tag.Double, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator Argument(double? value) => value is { } given ? given : default(Argument);

    public static implicit operator Argument(bool value) => new(Tag.Bool, value ? 1 : 0);

    public static implicit operator Argument(bool? value) => value is { } given ? given : default(Argument);

    public static implicit operator Argument(ScalarType value) => new(Tag.Int, (long)value);

    public static implicit operator Argument(ScalarType? value) => value is { } given ? new(Tag.Int, (long)given) : default;

    public static implicit operator Argument(long[]? value) => value is null ? default : new(Tag.Ints, 0, value, value.Length);

    public static implicit operator Argument(double[]? value) => value is null ? default : new(Tag.Doubles, 0, value, value.Length);

    public static implicit operator Argument(bool[]? value) => value is null ? default : new(Tag.Bools, 0, value, value.Length);

    public static implicit operator Argument(Tensor[] value) => new(Tag.Tensors, 0, value, value.Length);

    public static implicit operator Argument(string? value) => value is null ? default : new(Tag.String, 0, value, System.Text.Encoding.UTF8.GetByteCount(value));

    public static implicit operator Argument(Device? value) => value is null ? default : new(Tag.Device, Math.Max(value.index, -1), value, (int)value.type);

    public static implicit operator Argument(Generator? value) => value is null ? default : new(Tag.Generator, value.Handle, value);

    public static implicit operator Argument(Scalar? value) => value is null ? default : value.ToArgument();

    /// <summary>A list of tensors of which some may be missing, as indices are given.</summary>
    internal static Argument Optional(Tensor?[] tensors) => new(Tag.OptionalTensors, 0, tensors, tensors.Length);

    /// <summary>Writes this argument for the shim, its elements into <paramref name="cells"/>; returns the cells used.</summary>
    internal unsafe int Write(Value* target, long* cells)
    {
        *target = new Value { Tag = tag, Count = count, Integer = bits };
        var used = Cells;
        if (used == 0)
        {
            // An empty list still needs an address that can be read.
            if (tag is Tag.Ints or Tag.Doubles or Tag.Bools or Tag.Tensors or Tag.OptionalTensors or Tag.String)
            {
                target->Pointer = (nint)target;
            }

            return 0;
        }

        target->Pointer = (nint)cells;
        switch (source)
        {
            case long[] values: values.CopyTo(new Span<long>(cells, count)); break;
            case double[] values: values.CopyTo(new Span<double>(cells, count)); break;
            case bool[] values: values.CopyTo(new Span<bool>(cells, count)); break;
            case string text: System.Text.Encoding.UTF8.GetBytes(text, new Span<byte>(cells, count)); break;
            case Tensor?[] tensors:
                for (var i = 0; i < tensors.Length; i++)
                {
                    cells[i] = tensors[i]?.Native ?? 0;
                }

                break;
        }

        return used;
    }
}
