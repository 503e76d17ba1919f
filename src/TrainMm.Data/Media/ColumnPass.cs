using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TrainMm.Data.Media;

/// <summary>The second pass of <see cref="PilResize"/>: each output row from rows above each other. What the ways give is the same, sums of integers in another order.</summary>
internal static unsafe class ColumnPass
{
    private const int Half = 1 << (ResampleWeights.PrecisionBits - 1);

    /// <summary>[H, W, 3] -> [outputs, W, 3].</summary>
    /// <param name="source">Rows whose first is the axis' position <paramref name="top"/>, and whose stride is a multiple of 64.</param>
    /// <param name="top">Where the rows begin on the axis.</param>
    /// <param name="target">The first output row.</param>
    /// <param name="targetStride">Bytes from output row to output row.</param>
    /// <param name="bytes">Bytes of a row.</param>
    /// <param name="weights">Of the axis along a column.</param>
    /// <param name="lanes">How.</param>
    internal static void Run(PixelRows source, int top, Span<byte> target, int targetStride, int bytes, ResampleWeights weights, ResizeLanes lanes)
    {
        var split = weights.Pairs;
        var rows = stackalloc byte*[split.Pairs * 2];
        for (var y = 0; y < weights.Count.Length; y++)
        {
            // A tap that only fills up a pair has the weight 0: any row will do.
            for (var i = 0; i < split.Pairs * 2; i++) rows[i] = source[weights.First[y] - top + Math.Min(i, weights.Count[y] - 1)];
            var high = split.High.AsSpan(y * split.Pairs, split.Pairs);
            var low = split.Low.AsSpan(y * split.Pairs, split.Pairs);
            var row = target.Slice(y * targetStride, bytes);
            if (lanes == ResizeLanes.Avx512) RunAvx512(rows, row, high, low);
            else if (lanes == ResizeLanes.Avx2) RunAvx2(rows, row, high, low);
            else RunPortable(rows, row, weights.Values.AsSpan(y * weights.Taps, weights.Count[y]));
        }
    }

    private static void RunPortable(byte** rows, Span<byte> target, ReadOnlySpan<int> weights)
    {
        for (var x = 0; x < target.Length; x++)
        {
            var sum = Half;
            for (var i = 0; i < weights.Length; i++) sum += rows[i][x] * weights[i];
            target[x] = (byte)Math.Clamp(sum >> ResampleWeights.PrecisionBits, 0, 255);
        }
    }

    // Two rows' bytes are interleaved and widened, so that a lane has both taps of its column; the packing at the end undoes the order.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunAvx512(byte** rows, Span<byte> target, ReadOnlySpan<int> highs, ReadOnlySpan<int> lows)
    {
        var zero = Vector512<byte>.Zero;
        for (var x = 0; x < target.Length; x += 64)
        {
            var (high0, high1, high2, high3) = (Vector512<int>.Zero, Vector512<int>.Zero, Vector512<int>.Zero, Vector512<int>.Zero);
            var (low0, low1, low2, low3) = (Vector512.Create(Half), Vector512.Create(Half), Vector512.Create(Half), Vector512.Create(Half));
            for (var pair = 0; pair < highs.Length; pair++)
            {
                var (first, second) = (Vector512.Load(rows[pair * 2] + x), Vector512.Load(rows[(pair * 2) + 1] + x));
                var (high, low) = (Vector512.Create(highs[pair]).AsInt16(), Vector512.Create(lows[pair]).AsInt16());
                var (lower, upper) = (Avx512BW.UnpackLow(first, second), Avx512BW.UnpackHigh(first, second));
                var (two0, two1) = (Avx512BW.UnpackLow(lower, zero).AsInt16(), Avx512BW.UnpackHigh(lower, zero).AsInt16());
                var (two2, two3) = (Avx512BW.UnpackLow(upper, zero).AsInt16(), Avx512BW.UnpackHigh(upper, zero).AsInt16());
                high0 += Avx512BW.MultiplyAddAdjacent(two0, high);
                high1 += Avx512BW.MultiplyAddAdjacent(two1, high);
                high2 += Avx512BW.MultiplyAddAdjacent(two2, high);
                high3 += Avx512BW.MultiplyAddAdjacent(two3, high);
                low0 += Avx512BW.MultiplyAddAdjacent(two0, low);
                low1 += Avx512BW.MultiplyAddAdjacent(two1, low);
                low2 += Avx512BW.MultiplyAddAdjacent(two2, low);
                low3 += Avx512BW.MultiplyAddAdjacent(two3, low);
            }

            var left = Avx512BW.PackSignedSaturate(Value(high0, low0), Value(high1, low1));
            var right = Avx512BW.PackSignedSaturate(Value(high2, low2), Value(high3, low3));
            Store(Avx512BW.PackUnsignedSaturate(left, right), target[x..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunAvx2(byte** rows, Span<byte> target, ReadOnlySpan<int> highs, ReadOnlySpan<int> lows)
    {
        var zero = Vector256<byte>.Zero;
        for (var x = 0; x < target.Length; x += 32)
        {
            var (high0, high1, high2, high3) = (Vector256<int>.Zero, Vector256<int>.Zero, Vector256<int>.Zero, Vector256<int>.Zero);
            var (low0, low1, low2, low3) = (Vector256.Create(Half), Vector256.Create(Half), Vector256.Create(Half), Vector256.Create(Half));
            for (var pair = 0; pair < highs.Length; pair++)
            {
                var (first, second) = (Vector256.Load(rows[pair * 2] + x), Vector256.Load(rows[(pair * 2) + 1] + x));
                var (high, low) = (Vector256.Create(highs[pair]).AsInt16(), Vector256.Create(lows[pair]).AsInt16());
                var (lower, upper) = (Avx2.UnpackLow(first, second), Avx2.UnpackHigh(first, second));
                var (two0, two1) = (Avx2.UnpackLow(lower, zero).AsInt16(), Avx2.UnpackHigh(lower, zero).AsInt16());
                var (two2, two3) = (Avx2.UnpackLow(upper, zero).AsInt16(), Avx2.UnpackHigh(upper, zero).AsInt16());
                high0 += Avx2.MultiplyAddAdjacent(two0, high);
                high1 += Avx2.MultiplyAddAdjacent(two1, high);
                high2 += Avx2.MultiplyAddAdjacent(two2, high);
                high3 += Avx2.MultiplyAddAdjacent(two3, high);
                low0 += Avx2.MultiplyAddAdjacent(two0, low);
                low1 += Avx2.MultiplyAddAdjacent(two1, low);
                low2 += Avx2.MultiplyAddAdjacent(two2, low);
                low3 += Avx2.MultiplyAddAdjacent(two3, low);
            }

            var left = Avx2.PackSignedSaturate(Value(high0, low0), Value(high1, low1));
            var right = Avx2.PackSignedSaturate(Value(high2, low2), Value(high3, low3));
            Store(Avx2.PackUnsignedSaturate(left, right), target[x..]);
        }
    }

    private static Vector512<int> Value(Vector512<int> high, Vector512<int> low) => ((high << SplitWeights.LowBits) + low) >> ResampleWeights.PrecisionBits;

    private static Vector256<int> Value(Vector256<int> high, Vector256<int> low) => ((high << SplitWeights.LowBits) + low) >> ResampleWeights.PrecisionBits;

    private static void Store(Vector512<byte> values, Span<byte> target)
    {
        if (target.Length >= 64)
        {
            values.CopyTo(target);
            return;
        }

        Span<byte> all = stackalloc byte[64];
        values.CopyTo(all);
        all[..target.Length].CopyTo(target);
    }

    private static void Store(Vector256<byte> values, Span<byte> target)
    {
        if (target.Length >= 32)
        {
            values.CopyTo(target);
            return;
        }

        Span<byte> all = stackalloc byte[32];
        values.CopyTo(all);
        all[..target.Length].CopyTo(target);
    }
}
