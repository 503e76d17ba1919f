using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TrainMm.Data.Media;

/// <summary>
/// The row pass in 512 bits: five outputs of three channels fill 15 lanes. Where the pixels of five neighbours lie within 64 bytes (reductions to less than
/// about 0.4 have them farther apart), one shuffle brings two taps of every lane together. Four rows share what is loaded of a group's weights.
/// </summary>
internal sealed unsafe class RowGroups
{
    internal const int RowsAtOnce = 4;

    private const int Outputs = 5;

    private readonly int pairs;
    private readonly int[] firstBytes;
    private readonly Taps[] taps;

    private RowGroups(int groups, int pairs)
    {
        this.pairs = pairs;
        firstBytes = new int[groups];
        taps = new Taps[groups * pairs];
    }

    /// <summary>The bytes behind a row's last pixel that may be written.</summary>
    internal const int Overhang = (Outputs * 3) + 1;

    /// <summary>Lays a row's weights out in groups.</summary>
    /// <returns>Null where a group's pixels lie too far apart.</returns>
    internal static RowGroups? Of(ResampleWeights weights)
    {
        var outputs = weights.Count.Length;
        var split = weights.Pairs;
        var result = new RowGroups((outputs + Outputs - 1) / Outputs, split.Pairs);
        Span<byte> which = stackalloc byte[64];
        Span<int> high = stackalloc int[16];
        Span<int> low = stackalloc int[16];
        for (var group = 0; group < result.firstBytes.Length; group++)
        {
            var first = weights.First[group * Outputs];
            result.firstBytes[group] = first * 3;
            for (var pair = 0; pair < split.Pairs; pair++)
            {
                which.Clear();
                high.Clear();
                low.Clear();
                for (var x = group * Outputs; x < Math.Min((group + 1) * Outputs, outputs); x++)
                {
                    if ((2 * pair) >= weights.Count[x]) continue;
                    for (var channel = 0; channel < 3; channel++)
                    {
                        var lane = ((x % Outputs) * 3) + channel;
                        var at = ((weights.First[x] - first + (2 * pair)) * 3) + channel;
                        var hasSecond = (2 * pair) + 1 < weights.Count[x];
                        if (at + (hasSecond ? 3 : 0) >= 64) return null;
                        (which[lane * 4], which[(lane * 4) + 2]) = ((byte)at, (byte)(hasSecond ? at + 3 : at));
                        (high[lane], low[lane]) = (split.High[(x * split.Pairs) + pair], split.Low[(x * split.Pairs) + pair]);
                    }
                }

                result.taps[(group * split.Pairs) + pair] = new(Vector512.Create<byte>(which), Vector512.Create<int>(high).AsInt16(), Vector512.Create<int>(low).AsInt16());
            }
        }

        return result;
    }

    /// <summary>[H, W, 3] -> [H, outputs, 3] for at least <see cref="RowsAtOnce"/> rows.</summary>
    internal void Run(PixelRows source, PixelRows target)
    {
        for (var y = 0; y < source.Count; y += RowsAtOnce)
        {
            // The last rows may be taken twice, which costs less than a way of their own.
            RunFour(source, target, Math.Min(y, source.Count - RowsAtOnce));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunFour(PixelRows source, PixelRows target, int y)
    {
        var evenBytes = Vector512.Create((short)0xFF);
        for (var group = 0; group < firstBytes.Length; group++)
        {
            var (from, to) = (firstBytes[group], group * Outputs * 3);
            var (row0, row1, row2, row3) = (Vector512.Load(source[y] + from), Vector512.Load(source[y + 1] + from), Vector512.Load(source[y + 2] + from), Vector512.Load(source[y + 3] + from));
            var (high0, high1, high2, high3) = (Vector512<int>.Zero, Vector512<int>.Zero, Vector512<int>.Zero, Vector512<int>.Zero);
            var (low0, low1, low2, low3) = (Vector512<int>.Zero, Vector512<int>.Zero, Vector512<int>.Zero, Vector512<int>.Zero);
            for (var pair = group * pairs; pair < (group + 1) * pairs; pair++)
            {
                ref readonly var tap = ref taps[pair];
                var (which, high, low) = (tap.Which, tap.High, tap.Low);
                var two0 = Avx512Vbmi.PermuteVar64x8(row0, which).AsInt16() & evenBytes;
                var two1 = Avx512Vbmi.PermuteVar64x8(row1, which).AsInt16() & evenBytes;
                var two2 = Avx512Vbmi.PermuteVar64x8(row2, which).AsInt16() & evenBytes;
                var two3 = Avx512Vbmi.PermuteVar64x8(row3, which).AsInt16() & evenBytes;
                high0 += Avx512BW.MultiplyAddAdjacent(two0, high);
                high1 += Avx512BW.MultiplyAddAdjacent(two1, high);
                high2 += Avx512BW.MultiplyAddAdjacent(two2, high);
                high3 += Avx512BW.MultiplyAddAdjacent(two3, high);
                low0 += Avx512BW.MultiplyAddAdjacent(two0, low);
                low1 += Avx512BW.MultiplyAddAdjacent(two1, low);
                low2 += Avx512BW.MultiplyAddAdjacent(two2, low);
                low3 += Avx512BW.MultiplyAddAdjacent(two3, low);
            }

            Store(target[y] + to, high0, low0);
            Store(target[y + 1] + to, high1, low1);
            Store(target[y + 2] + to, high2, low2);
            Store(target[y + 3] + to, high3, low3);
        }
    }

    private static void Store(byte* target, Vector512<int> high, Vector512<int> low)
    {
        var sum = (high << SplitWeights.LowBits) + low + Vector512.Create(1 << (ResampleWeights.PrecisionBits - 1));
        var positive = Vector512.Max(sum >> ResampleWeights.PrecisionBits, Vector512<int>.Zero).AsUInt32();
        Avx512F.ConvertToVector128ByteWithSaturation(positive).Store(target);
    }

    /// <summary>Two taps of each lane: which bytes, in every other place, and the parts of their weights.</summary>
    private readonly record struct Taps(Vector512<byte> Which, Vector512<short> High, Vector512<short> Low);
}
