using TrainMm.Core.Roles;

namespace TrainMm.Data.Media;

/// <summary>
/// For each output position along one axis, the input positions it is made of and their weights in fixed point, as PIL computes them:
/// the filter's support grows with the reduction (antialiasing), weights are normalised in double and rounded to 22 fractional bits.
/// </summary>
internal sealed class ResampleWeights
{
    private readonly Lazy<SplitWeights> pairs;
    private readonly Lazy<SplitWeights> fours;
    private readonly Lazy<RowGroups?> groups;

    /// <summary>Fractional bits of a weight: 32, less 8 of the value and 2 of head room.</summary>
    internal const int PrecisionBits = 32 - 8 - 2;

    private ResampleWeights(int outputs, int taps)
    {
        Taps = taps;
        First = new int[outputs];
        Count = new int[outputs];
        Values = new int[outputs * taps];
        pairs = new(() => SplitWeights.Of(this, multiple: 1));
        fours = new(() => SplitWeights.Of(this, multiple: 2));
        groups = new(() => RowGroups.Of(this));
    }

    /// <summary>The weights two by two.</summary>
    internal SplitWeights Pairs => pairs.Value;

    /// <summary>The weights two by two, an even number of pairs for each output.</summary>
    internal SplitWeights Fours => fours.Value;

    /// <summary>The weights of five outputs at a time; null where those are too far apart.</summary>
    internal RowGroups? Groups => groups.Value;

    /// <summary>Room for weights per output position.</summary>
    internal int Taps { get; }

    /// <summary>The input positions that the outputs are made of.</summary>
    internal (int First, int Count) Inputs => (First[0], First[^1] + Count[^1] - First[0]);

    /// <summary>The first input position of each output position.</summary>
    internal int[] First { get; }

    /// <summary>How many input positions each output position has, at most <see cref="Taps"/>.</summary>
    internal int[] Count { get; }

    /// <summary>[outputs, <see cref="Taps"/>], fixed point.</summary>
    internal int[] Values { get; }

    /// <summary>Of an axis of <paramref name="inputSize"/> positions resized to <paramref name="outputSize"/>, the weights of <paramref name="count"/> outputs from <paramref name="first"/> on.</summary>
    internal static ResampleWeights Create(int inputSize, int outputSize, Resampling resampling, int first, int count)
    {
        var scale = (double)inputSize / outputSize;
        var filterScale = Math.Max(scale, 1.0);
        var support = (resampling == Resampling.Bicubic ? 2.0 : 1.0) * filterScale;
        var weights = new ResampleWeights(count, ((int)Math.Ceiling(support) * 2) + 1);
        var row = new double[weights.Taps];
        for (var x = 0; x < count; x++)
        {
            var center = (first + x + 0.5) * scale;
            var from = Math.Max((int)(center - support + 0.5), 0);
            var taps = Math.Min((int)(center + support + 0.5), inputSize) - from;
            weights.First[x] = from;
            weights.Count[x] = taps;
            Fill(row.AsSpan(0, taps), from, center, 1.0 / filterScale, resampling);
            for (var i = 0; i < taps; i++) weights.Values[(x * weights.Taps) + i] = ToFixed(row[i]);
        }

        return weights;
    }

    private static void Fill(Span<double> row, int first, double center, double inverseScale, Resampling resampling)
    {
        var sum = 0.0;
        for (var i = 0; i < row.Length; i++)
        {
            var distance = (i + first - center + 0.5) * inverseScale;
            row[i] = resampling == Resampling.Bicubic ? Bicubic(distance) : Bilinear(distance);
            sum += row[i];
        }

        if (sum == 0.0) return;
        for (var i = 0; i < row.Length; i++) row[i] /= sum;
    }

    private static int ToFixed(double weight) => (int)((weight < 0 ? -0.5 : 0.5) + (weight * (1 << PrecisionBits)));

    private static double Bilinear(double x)
    {
        x = Math.Abs(x);
        return x < 1.0 ? 1.0 - x : 0.0;
    }

    // Keys' cubic convolution with a = -0.5 (IEEE Trans. ASSP 29(6), 1981), the products grouped as PIL groups them.
    private static double Bicubic(double x)
    {
        const double a = -0.5;
        x = Math.Abs(x);
        if (x < 1.0) return ((((a + 2.0) * x) - (a + 3.0)) * x * x) + 1;
        return x < 2.0 ? ((((((x - 5) * x) + 8) * x) - 4) * a) : 0.0;
    }
}
