namespace TrainMm.Training.Evaluation;

/// <summary>CLIP-scores of made pictures.</summary>
/// <param name="Prompts">Pictures.</param>
/// <param name="Answered">Share of the prompts that the model itself answers with a picture.</param>
/// <param name="Score">The mean with a picture's own caption.</param>
/// <param name="Shuffled">The mean with all other captions of the split.</param>
/// <param name="GainLow">Lower end of the 95 % interval of <paramref name="Score"/> − <paramref name="Shuffled"/>, by drawing the prompts again (percentile bootstrap).</param>
/// <param name="GainHigh">Its upper end.</param>
/// <param name="Preferred">How often a picture's own caption scores higher than another one; a tie counts half, chance is ½.</param>
public sealed record ClipScoreResult(int Prompts, double Answered, double Score, double Shuffled, double GainLow, double GainHigh, double Preferred)
{
    private const int Resamples = 2000;
    private const double Tail = 0.025;

    /// <summary>What its own caption gives more than another one, on average.</summary>
    public double Gain => Score - Shuffled;

    /// <summary>The figures of a table of scores; another picture's caption that reads the same is no control.</summary>
    /// <param name="scores">[N · N], row by row: each picture with each caption.</param>
    /// <param name="captions">[N].</param>
    /// <param name="answered">Share of the prompts that the model itself answers with a picture.</param>
    internal static ClipScoreResult Of(IReadOnlyList<float> scores, IReadOnlyList<string> captions, double answered)
    {
        var count = captions.Count;
        var rows = Enumerable.Range(0, count).Select(i =>
        {
            var own = scores[(i * count) + i];
            var others = Enumerable.Range(0, count).Where(j => !string.Equals(captions[i], captions[j], StringComparison.Ordinal)).Select(j => scores[(i * count) + j]).ToArray();
            return (Own: (double)own, Others: (double)others.Average(), Preferred: others.Average(other => own > other ? 1 : own < other ? 0 : 0.5));
        }).ToArray();
        var gains = GainsOfResamples([.. rows.Select(row => row.Own - row.Others)]);
        return new ClipScoreResult(
            count, answered, rows.Average(row => row.Own), rows.Average(row => row.Others),
            gains[(int)(Tail * (Resamples - 1))], gains[(int)Math.Ceiling((1 - Tail) * (Resamples - 1))], rows.Average(row => row.Preferred));
    }

    /// <summary>Means of as many prompts drawn with replacement, in ascending order; the same numbers each time.</summary>
    private static double[] GainsOfResamples(double[] gains)
    {
        var random = new Random(0);
        return [.. Enumerable.Range(0, Resamples).Select(_ => Enumerable.Range(0, gains.Length).Average(_ => gains[random.Next(gains.Length)])).Order()];
    }
}
