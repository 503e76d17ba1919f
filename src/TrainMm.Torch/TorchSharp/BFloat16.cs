namespace TorchSharp;

/// <summary>The upper half of a 32-bit float.</summary>
public readonly struct BFloat16 : IEquatable<BFloat16>
{
    private readonly ushort raw;

    public BFloat16(float f) => raw = Round(f);

    private BFloat16(ushort raw) => this.raw = raw;

    public static explicit operator float(BFloat16 bf) => bf.ToSingle();

    public static explicit operator BFloat16(float f) => new(f);

    public static bool operator ==(BFloat16 a, BFloat16 b) => a.ToSingle() == b.ToSingle();

    public static bool operator !=(BFloat16 a, BFloat16 b) => a.ToSingle() != b.ToSingle();

    public static BFloat16 FromRawValue(ushort rawValue) => new(rawValue);

    public float ToSingle() => BitConverter.UInt32BitsToSingle((uint)raw << 16);

    public bool Equals(BFloat16 other) => raw == other.raw;

    public override bool Equals(object? obj) => obj is BFloat16 other && Equals(other);

    public override int GetHashCode() => raw;

    public override string ToString() => ToSingle().ToString(System.Globalization.CultureInfo.InvariantCulture);

    // To the nearest, ties to even, as libtorch rounds; a NaN stays one.
    private static ushort Round(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)0x7FC0 : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
