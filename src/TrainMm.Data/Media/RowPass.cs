using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TrainMm.Data.Media;

/// <summary>The first pass of <see cref="PilResize"/>: each output pixel from the pixels of its row. What the ways give is the same, sums of integers in another order.</summary>
internal static unsafe class RowPass
{
    private const int Half = 1 << (ResampleWeights.PrecisionBits - 1);

    /// <summary>[H, W, 3] -> [H, outputs, 3].</summary>
    /// <param name="source">Rows that begin at the axis' first position.</param>
    /// <param name="target">Rows of the same number; up to 4 bytes behind each row's last pixel are written, too, before the next row is.</param>
    /// <param name="weights">Of the axis along a row.</param>
    /// <param name="lanes">How.</param>
    internal static void Run(PixelRows source, PixelRows target, ResampleWeights weights, ResizeLanes lanes)
    {
        if (lanes == ResizeLanes.Avx512 && source.Count >= RowGroups.RowsAtOnce && weights.Groups is { } groups) groups.Run(source, target);
        else if (lanes == ResizeLanes.Portable) RunPortable(source, target, weights);
        else RunAvx2(source, target, weights);
    }

    private static void RunPortable(PixelRows source, PixelRows target, ResampleWeights weights)
    {
        for (var y = 0; y < source.Count; y++)
        {
            var to = target[y];
            for (var x = 0; x < weights.Count.Length; x++, to += 3)
            {
                var pixel = source[y] + (weights.First[x] * 3);
                var (red, green, blue) = (Half, Half, Half);
                foreach (var weight in weights.Values.AsSpan(x * weights.Taps, weights.Count[x]))
                {
                    red += pixel[0] * weight;
                    green += pixel[1] * weight;
                    blue += pixel[2] * weight;
                    pixel += 3;
                }

                (to[0], to[1], to[2]) = (Clip(red), Clip(green), Clip(blue));
            }
        }
    }

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> ResampleWeights.PrecisionBits, 0, 255);

    // Four taps of one output at a time: the lower half of the lanes has the first two, the upper half the others.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunAvx2(PixelRows source, PixelRows target, ResampleWeights weights)
    {
        var split = weights.Fours;
        var spread = Vector256.Create(
            0, 128, 3, 128, 1, 128, 4, 128, 2, 128, 5, 128, 128, 128, 128, 128,
            6, 128, 9, 128, 7, 128, 10, 128, 8, 128, 11, 128, 128, 128, 128, (byte)128);
        for (var y = 0; y < source.Count; y++)
        {
            var to = target[y];
            for (var x = 0; x < weights.Count.Length; x++, to += 3)
            {
                var pixel = source[y] + (weights.First[x] * 3);
                var (high, low) = (Vector256<int>.Zero, Vector256<int>.Zero);
                for (var (pair, end) = (x * split.Pairs, (x * split.Pairs) + ((weights.Count[x] + 3) / 4 * 2)); pair < end; pair += 2, pixel += 12)
                {
                    var four = Avx2.Shuffle(Avx2.BroadcastVector128ToVector256(pixel), spread).AsInt16();
                    high += Avx2.MultiplyAddAdjacent(four, Twice(split.High, pair));
                    low += Avx2.MultiplyAddAdjacent(four, Twice(split.Low, pair));
                }

                var sum = (high << SplitWeights.LowBits) + low;
                var value = (sum.GetLower() + sum.GetUpper() + Vector128.Create(Half)) >> ResampleWeights.PrecisionBits;

                // Packed with saturation, 32 to 16 to 8 bits: the same as Clip.
                var clipped = Sse2.PackUnsignedSaturate(Sse41.PackUnsignedSaturate(value, value).AsInt16(), Vector128<short>.Zero);
                *(uint*)to = clipped.AsUInt32().ToScalar();
            }
        }
    }

    private static Vector256<short> Twice(int[] pairs, int at) => Vector256.Create(Vector128.Create(pairs[at]), Vector128.Create(pairs[at + 1])).AsInt16();
}
