namespace TrainMm.Benchmarks.Steps;

/// <summary>How many times as long one thing takes as another.</summary>
/// <param name="Median">Of the pairs' ratios.</param>
/// <param name="Low">The lower end of the median's 95 % interval.</param>
/// <param name="High">Its upper end.</param>
internal sealed record Ratio(double Median, double Low, double High)
{
    private const int Resamplings = 4000;

    /// <summary>From measurements taken in turns: each pair met the same load of the machine. The interval is the percentile bootstrap of the median.</summary>
    /// <param name="theirs">Seconds.</param>
    /// <param name="ours">Seconds, as many.</param>
    public static Ratio Of(IReadOnlyList<double> theirs, IReadOnlyList<double> ours)
    {
        var ratios = theirs.Zip(ours, (their, our) => their / our).ToArray();
        var random = new Random(1);
        var drawn = new double[ratios.Length];
        var medians = new double[Resamplings];
        for (var i = 0; i < Resamplings; i++)
        {
            for (var j = 0; j < drawn.Length; j++) drawn[j] = ratios[random.Next(ratios.Length)];
            medians[i] = Timing.MedianOf(drawn);
        }

        Array.Sort(medians);
        return new Ratio(Timing.MedianOf(ratios), medians[(int)(0.025 * Resamplings)], medians[(int)(0.975 * Resamplings)]);
    }
}
