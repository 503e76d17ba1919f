namespace TrainMm.Data.Media.Audio;

/// <summary>Triangular filters, evenly spaced on a mel scale, over the bins of a power spectrum.</summary>
internal sealed class MelFilters
{
    private const double SlaneyLinearBelow = 1000;
    private const double SlaneyHertzPerMel = 200.0 / 3;
    private const double KaldiLowest = 20;

    private static readonly double SlaneyLogStep = Math.Log(6.4) / 27;

    private readonly (int Start, double[] Weights)[] filters;

    private MelFilters(IEnumerable<double[]> dense)
    {
        filters = [.. dense.Select(Trimmed)];
    }

    /// <summary>How many there are.</summary>
    public int Count => filters.Length;

    /// <summary>Slaney's scale, linear to 1 kHz and logarithmic above; triangles in Hz of area 1, up to 8 kHz (librosa's defaults, which Whisper's filters are made with).</summary>
    /// <param name="count">Filters.</param>
    /// <param name="fftLength">Samples of the transform.</param>
    /// <param name="sampleRate">Samples a second.</param>
    public static MelFilters Slaney(int count, int fftLength, int sampleRate)
    {
        const double highest = 8000;
        var edges = Enumerable.Range(0, count + 2).Select(i => SlaneyHertz(SlaneyMel(highest) * i / (count + 1))).ToArray();
        var bins = Enumerable.Range(0, (fftLength / 2) + 1).Select(i => (double)(sampleRate / 2) * i / (fftLength / 2)).ToArray();
        return new MelFilters(Enumerable.Range(0, count).Select(i => Triangle(bins, edges.AsSpan(i, 3), 2 / (edges[i + 2] - edges[i]))));
    }

    /// <summary>Kaldi's scale, 1127 ln(1 + f / 700); triangles of height 1 on that scale, from 20 Hz to half the rate.</summary>
    /// <param name="count">Filters.</param>
    /// <param name="fftLength">Samples of the transform.</param>
    /// <param name="sampleRate">Samples a second.</param>
    public static MelFilters Kaldi(int count, int fftLength, int sampleRate)
    {
        var (low, high) = (KaldiMel(KaldiLowest), KaldiMel(sampleRate / 2.0));
        var edges = Enumerable.Range(0, count + 2).Select(i => low + ((high - low) * i / (count + 1))).ToArray();
        var bins = Enumerable.Range(0, (fftLength / 2) + 1).Select(i => KaldiMel((double)sampleRate * i / fftLength)).ToArray();
        bins[^1] = double.PositiveInfinity; // Kaldi leaves the last bin out
        return new MelFilters(Enumerable.Range(0, count).Select(i => Triangle(bins, edges.AsSpan(i, 3), 1)));
    }

    /// <summary>A filter's weight at a bin.</summary>
    public double Weight(int filter, int bin)
    {
        var (start, weights) = filters[filter];
        return bin >= start && bin < start + weights.Length ? weights[bin - start] : 0;
    }

    /// <summary>The energy that one filter lets through.</summary>
    public double Energy(int filter, ReadOnlySpan<double> powers)
    {
        var (start, weights) = filters[filter];
        var sum = 0.0;
        for (var i = 0; i < weights.Length; i++) sum += powers[start + i] * weights[i];
        return sum;
    }

    private static double[] Triangle(double[] bins, ReadOnlySpan<double> edges, double height)
    {
        var weights = new double[bins.Length];
        for (var i = 0; i < bins.Length; i++)
        {
            var rising = (bins[i] - edges[0]) / (edges[1] - edges[0]);
            var falling = (edges[2] - bins[i]) / (edges[2] - edges[1]);
            weights[i] = height * Math.Max(0, Math.Min(rising, falling));
        }

        return weights;
    }

    private static (int Start, double[] Weights) Trimmed(double[] dense)
    {
        var start = Math.Max(0, Array.FindIndex(dense, weight => weight != 0));
        var end = Array.FindLastIndex(dense, weight => weight != 0);
        return (start, dense[start..Math.Max(start, end + 1)]);
    }

    private static double SlaneyMel(double hertz) =>
        hertz < SlaneyLinearBelow ? hertz / SlaneyHertzPerMel : (SlaneyLinearBelow / SlaneyHertzPerMel) + (Math.Log(hertz / SlaneyLinearBelow) / SlaneyLogStep);

    private static double SlaneyHertz(double mel)
    {
        const double linearTo = SlaneyLinearBelow / SlaneyHertzPerMel;
        return mel < linearTo ? mel * SlaneyHertzPerMel : SlaneyLinearBelow * Math.Exp((mel - linearTo) * SlaneyLogStep);
    }

    private static double KaldiMel(double hertz) => 1127 * Math.Log(1 + (hertz / 700));
}
