namespace TrainMm.Data.Media;

/// <summary>
/// Weights two by two, as the instruction that multiplies pairs of 16-bit numbers and adds the products wants them: a weight has up to 24 bits, so it is
/// taken as high · 2¹¹ + low, and the two sums are put together at the end. Integers, so the result is that of the whole weights.
/// </summary>
internal sealed class SplitWeights
{
    internal const int LowBits = 11;

    private SplitWeights(int outputs, int pairs)
    {
        Pairs = pairs;
        High = new int[outputs * pairs];
        Low = new int[outputs * pairs];
    }

    /// <summary>Room for pairs per output position; what an output does not need is 0.</summary>
    internal int Pairs { get; }

    /// <summary>[outputs, <see cref="Pairs"/>]: the first tap's high part in the lower 16 bits, the second's in the upper.</summary>
    internal int[] High { get; }

    /// <summary>[outputs, <see cref="Pairs"/>], likewise the low parts, 0 to 2047.</summary>
    internal int[] Low { get; }

    /// <summary>Splits weights.</summary>
    /// <param name="weights">The whole weights.</param>
    /// <param name="multiple">What the number of pairs is to be a multiple of.</param>
    internal static SplitWeights Of(ResampleWeights weights, int multiple)
    {
        var pairs = (weights.Count.Max() + 1) / 2;
        var split = new SplitWeights(weights.Count.Length, (pairs + multiple - 1) / multiple * multiple);
        for (var x = 0; x < weights.Count.Length; x++)
        {
            for (var i = 0; i < weights.Count[x]; i++)
            {
                var (at, shift) = ((x * split.Pairs) + (i / 2), 16 * (i % 2));
                var weight = weights.Values[(x * weights.Taps) + i];
                split.High[at] |= ((weight >> LowBits) & 0xFFFF) << shift;
                split.Low[at] |= (weight & ((1 << LowBits) - 1)) << shift;
            }
        }

        return split;
    }
}
