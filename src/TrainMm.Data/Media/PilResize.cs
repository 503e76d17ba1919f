using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
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
        var pairs = Avx2.IsSupported ? InPairs(weights, width) : [];
        for (var y = 0; y < image.Height; y++)
        {
            // Eight bytes are read and four written at a time, so that a row may reach into the next; the last has none.
            var source = image.Pixels[(y * image.Width * 3)..];
            var target = result.Pixels[(y * width * 3)..];
            var done = Avx2.IsSupported ? ResizeByPairs(source, target, weights, pairs, width) : 0;
            var row = source[..(image.Width * 3)];
            for (var x = done; x < width; x++)
            {
                var taps = weights.Values.AsSpan(x * weights.Taps, weights.Count[x]);
                Store(target.Slice(x * 3, 3), Accumulate(row[(weights.First[x] * 3)..], taps));
            }
        }

        return result;
    }

    /// <summary>For each output position its weights two by two, each four times: the first pixel's, then the second's. [outputs, pairs].</summary>
    private static Vector256<int>[] InPairs(ResampleWeights weights, int outputs)
    {
        var count = (weights.Taps + 1) / 2;
        var pairs = new Vector256<int>[outputs * count];
        for (var x = 0; x < outputs; x++)
        {
            var taps = weights.Values.AsSpan(x * weights.Taps, weights.Count[x]);
            for (var i = 0; i < taps.Length; i += 2) pairs[(x * count) + (i / 2)] = Vector256.Create(Vector128.Create(taps[i]), Vector128.Create(i + 1 < taps.Length ? taps[i + 1] : 0));
        }

        return pairs;
    }

    /// <summary>A row's outputs as long as there are bytes to read and write beyond them; the sums are those of the slow way, integers added in another order.</summary>
    /// <returns>How many were done.</returns>
    private static int ResizeByPairs(ReadOnlySpan<byte> source, Span<byte> target, ResampleWeights weights, Vector256<int>[] pairs, int width)
    {
        var perOutput = (weights.Taps + 1) / 2;
        var spread = Vector128.Create((byte)0, 1, 2, 128, 3, 4, 5, 128, 128, 128, 128, 128, 128, 128, 128, 128);
        for (var x = 0; x < width; x++)
        {
            var count = (weights.Count[x] + 1) / 2;
            var pixels = source[(weights.First[x] * 3)..];
            if ((count * 6) + 2 > pixels.Length || (x * 3) + 4 > target.Length) return x;
            var sum = Vector256.Create(Vector128.Create(Half), Vector128<int>.Zero);
            for (var i = 0; i < count; i++)
            {
                var two = Ssse3.Shuffle(Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(ref Unsafe.AsRef(in pixels[i * 6]))).AsByte(), spread);
                sum += Avx2.ConvertToVector256Int32(two) * pairs[(x * perOutput) + i];
            }

            // Packed with saturation, 32 to 16 to 8 bits: the same as Clip.
            var clipped = Sse41.PackUnsignedSaturate((sum.GetLower() + sum.GetUpper()) >> ResampleWeights.PrecisionBits, Vector128<int>.Zero);
            Unsafe.WriteUnaligned(ref target[x * 3], Sse2.PackUnsignedSaturate(clipped.AsInt16(), Vector128<short>.Zero).AsUInt32().ToScalar());
        }

        return width;
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
            ClipAll(sums, target);
        }

        ArrayPool<int>.Shared.Return(rented);
        return result;
    }

    private static void ClipAll(ReadOnlySpan<int> sums, Span<byte> target)
    {
        var (lanes, ints) = (Vector<byte>.Count, Vector<int>.Count);
        var x = 0;
        for (; x + lanes <= sums.Length; x += lanes)
        {
            var low = Vector.Narrow(Clipped(sums[x..]), Clipped(sums[(x + ints)..]));
            var high = Vector.Narrow(Clipped(sums[(x + (2 * ints))..]), Clipped(sums[(x + (3 * ints))..]));
            Vector.Narrow(low, high).CopyTo(target[x..]);
        }

        for (; x < sums.Length; x++) target[x] = Clip(sums[x]);
    }

    private static Vector<uint> Clipped(ReadOnlySpan<int> sums) =>
        Vector.AsVectorUInt32(Vector.Min(Vector.Max(new Vector<int>(sums) >> ResampleWeights.PrecisionBits, Vector<int>.Zero), new Vector<int>(byte.MaxValue)));

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
