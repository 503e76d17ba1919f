using TrainMm.Torch.Interop;
using static TorchSharp.torch;

namespace TorchSharp;

public sealed class Scalar : IDisposable
{
    private readonly double real;
    private readonly long integer;

    private Scalar(ScalarType type, long integer, double real)
    {
        Type = type;
        this.integer = integer;
        this.real = real;
    }

    public ScalarType Type { get; }

    public static implicit operator Scalar(byte value) => new(ScalarType.Int64, value, value);

    public static implicit operator Scalar(sbyte value) => new(ScalarType.Int64, value, value);

    public static implicit operator Scalar(short value) => new(ScalarType.Int64, value, value);

    public static implicit operator Scalar(int value) => new(ScalarType.Int64, value, value);

    public static implicit operator Scalar(long value) => new(ScalarType.Int64, value, value);

    public static implicit operator Scalar(float value) => new(ScalarType.Float64, 0, value);

    public static implicit operator Scalar(double value) => new(ScalarType.Float64, 0, value);

    public static implicit operator Scalar(Half value) => new(ScalarType.Float64, 0, (double)value);

    public static implicit operator Scalar(bool value) => new(ScalarType.Bool, value ? 1 : 0, value ? 1 : 0);

    public void Dispose()
    {
        // Nothing native is held here; TorchSharp's scalar is disposable, so this one is too.
    }

    internal Argument ToArgument() => Type switch
    {
        ScalarType.Bool => integer != 0,
        ScalarType.Int64 => integer,
        _ => real,
    };

    /// <summary>The dtype of a tensor filled with this, when none is asked for.</summary>
    internal ScalarType DefaultType() => Type == ScalarType.Float64 ? get_default_dtype() : Type;

    internal double AsDouble() => Type == ScalarType.Float64 ? real : integer;

    internal long AsInteger() => Type == ScalarType.Float64 ? checked((long)real) : integer;
}

public static class ScalarExtensionMethods
{
    public static Scalar ToScalar(this byte value) => value;

    public static Scalar ToScalar(this sbyte value) => value;

    public static Scalar ToScalar(this short value) => value;

    public static Scalar ToScalar(this int value) => value;

    public static Scalar ToScalar(this long value) => value;

    public static Scalar ToScalar(this float value) => value;

    public static Scalar ToScalar(this double value) => value;

    public static Scalar ToScalar(this bool value) => value;

    public static float ToSingle(this Scalar value) => (float)value.AsDouble();

    public static double ToDouble(this Scalar value) => value.AsDouble();

    public static int ToInt32(this Scalar value) => checked((int)value.AsInteger());

    public static long ToInt64(this Scalar value) => value.AsInteger();

    public static bool ToBoolean(this Scalar value) => value.AsDouble() != 0;
}
