using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TrainMm.Core.Roles;

namespace TrainMm.Data.Media;

/// <summary>
/// PIL's antialiased resize of 8-bit RGB, bit for bit: first along rows, then along columns, each pass in fixed point, rounded and clipped to 8 bits.
/// Encoders were trained on pictures resized this way, and torch's interpolation gives other values.
/// </summary>
public static class PilResize
{
    private const int Half = 1 << (ResampleWeights.PrecisionBits - 1);

    /// <summary>Resizes a whole picture; the aspect ratio is not kept.</summary>
    /// <returns>A new picture, [<paramref name="height"/>, <paramref name="width"/>, 3]; the caller disposes it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A side is not positive.</exception>
    public static RgbImage Resize(RgbImage image, int width, int height, Resampling resampling)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (width == image.Width && height == image.Height)
        {
            var copy = new RgbImage(width, height);
            image.Pixels.CopyTo(copy.Pixels);
            return copy;
        }

        if (height == image.Height) return ResizeRows(image, width, resampling);
        if (width == image.Width) return ResizeColumns(image, height, resampling);
        using var narrowed = ResizeRows(image, width, resampling);
        return ResizeColumns(narrowed, height, resampling);
    }

    // [H, W, 3] -> [H, width, 3]
    private static RgbImage ResizeRows(RgbImage image, int width, Resampling resampling)
    {
        var weights = ResampleWeights.Create(image.Width, width, resampling);
        var result = new RgbImage(width, image.Height);
        for (var y = 0; y < image.Height; y++)
        {
            var source = image.Row(y);
            var target = result.Row(y);
            for (var x = 0; x < width; x++)
            {
                var taps = weights.Values.AsSpan(x * weights.Taps, weights.Count[x]);
                Store(target.Slice(x * 3, 3), Accumulate(source[(weights.First[x] * 3)..], taps));
            }
        }

        return result;
    }

    // Red, green and blue in three lanes; the fourth lane reads the next pixel's red and is thrown away, so the row's last pixel is read bytewise.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Accumulate(ReadOnlySpan<byte> pixels, ReadOnlySpan<int> taps)
    {
        var sum = Vector128.Create(Half);
        for (var i = 0; i < taps.Length; i++)
        {
            var at = i * 3;
            var packed = at + 4 <= pixels.Length
                ? Unsafe.ReadUnaligned<uint>(ref Unsafe.AsRef(in pixels[at]))
                : pixels[at] | ((uint)pixels[at + 1] << 8) | ((uint)pixels[at + 2] << 16);
            var channels = Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(packed).AsByte())).AsInt32();
            sum += channels * taps[i];
        }

        return sum;
    }

    private static void Store(Span<byte> target, Vector128<int> sum)
    {
        for (var channel = 0; channel < 3; channel++) target[channel] = Clip(sum[channel]);
    }

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> ResampleWeights.PrecisionBits, 0, 255);

    // [H, W, 3] -> [height, W, 3]
    private static RgbImage ResizeColumns(RgbImage image, int height, Resampling resampling)
    {
        var weights = ResampleWeights.Create(image.Height, height, resampling);
        var result = new RgbImage(image.Width, height);
        var rented = ArrayPool<int>.Shared.Rent(image.Width * 3);
        var sums = rented.AsSpan(0, image.Width * 3);
        for (var y = 0; y < height; y++)
        {
            sums.Fill(Half);
            for (var i = 0; i < weights.Count[y]; i++) AddScaled(sums, image.Row(weights.First[y] + i), weights.Values[(y * weights.Taps) + i]);
            var target = result.Row(y);
            for (var x = 0; x < sums.Length; x++) target[x] = Clip(sums[x]);
        }

        ArrayPool<int>.Shared.Return(rented);
        return result;
    }

    private static void AddScaled(Span<int> sums, ReadOnlySpan<byte> row, int weight)
    {
        var lanes = Vector<byte>.Count;
        var vectors = row.Length / lanes;
        var targets = MemoryMarshal.Cast<int, Vector<int>>(sums);
        for (var i = 0; i < vectors; i++)
        {
            Vector.Widen(new Vector<byte>(row[(i * lanes)..]), out var low, out var high);
            Vector.Widen(low, out var first, out var second);
            Vector.Widen(high, out var third, out var fourth);
            targets[i * 4] += Vector.AsVectorInt32(first) * weight;
            targets[(i * 4) + 1] += Vector.AsVectorInt32(second) * weight;
            targets[(i * 4) + 2] += Vector.AsVectorInt32(third) * weight;
            targets[(i * 4) + 3] += Vector.AsVectorInt32(fourth) * weight;
        }

        for (var x = vectors * lanes; x < row.Length; x++) sums[x] += row[x] * weight;
    }
}
