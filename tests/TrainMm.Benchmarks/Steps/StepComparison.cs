using System.Globalization;

namespace TrainMm.Benchmarks.Steps;

/// <summary>
/// Whole training steps against two PyTorch scripts of the same model, weights, batch and type, each in a process of its own, in turns. Before anything is
/// timed the losses of the first steps must agree: the first says that the same thing is computed, the next ones that the same gradient was applied.
/// TrainMm takes the batch in as many parts side by side as there are threads (<c>train.parallel_parts</c>).
/// </summary>
internal static class StepComparison
{
    private const int WarmUp = 3;
    private const int Rounds = 12;

    /// <summary>fp32: sums in another order. bf16 keeps 8 bits, and rounds at other places where operators are joined.</summary>
    private const double ToleranceFp32 = 1e-5;

    private const double ToleranceBf16 = 5e-3;

    /// <summary>Times all cases and prints a table.</summary>
    /// <returns>Case → what the JSON file says of it.</returns>
    public static Dictionary<string, Dictionary<string, double>> Run(bool isQuick, int threads, IReadOnlyCollection<string> cases)
    {
        var results = new Dictionary<string, Dictionary<string, double>>(StringComparer.Ordinal);
        Console.WriteLine("step, ms                 plain   tuned    ours  cached | plain/ours  tuned/ours [95 %]        plain/cached | peak MB plain  tuned   ours | losses apart");
        foreach (var @case in StepCase.All.Where(each => cases.Count == 0 || cases.Contains(each.Name))) results[@case.Name] = Compare(@case, isQuick ? 5 : Rounds, threads);
        return results;
    }

    private static Dictionary<string, double> Compare(StepCase @case, int rounds, int threads)
    {
        var folder = Directory.CreateTempSubdirectory("trainmm-steps-").FullName;
        try
        {
            OwnStep.Write(@case, folder, threads);
            using var plain = Stepper.Peer(folder, "plain");
            using var tuned = Stepper.Peer(folder, "tuned");
            using var ours = Stepper.Own(@case, isCached: false, threads, parallelParts: threads);
            using var cached = Stepper.Own(@case, isCached: true, threads, parallelParts: threads);
            Stepper[] all = [plain, tuned, ours, cached];
            var apart = WarmAndCompare(@case, all);
            foreach (var stepper in all) stepper.Taken.Clear();
            for (var round = 0; round < rounds; round++)
            {
                foreach (var stepper in all) stepper.Step();
            }

            return Print(@case, all, apart);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double WarmAndCompare(StepCase @case, Stepper[] all)
    {
        var tolerance = @case.Type == Models.ComputeType.Float32 ? ToleranceFp32 : ToleranceBf16;
        var worst = 0.0;
        for (var i = 0; i < WarmUp; i++)
        {
            var losses = all.Select(stepper => stepper.Step().Loss).ToArray();
            var apart = losses.Max(loss => Math.Abs((loss / losses[0]) - 1));
            if (apart > tolerance) throw new InvalidOperationException($"{@case.Name}: the losses of step {i + 1} are not the same: {string.Join(", ", losses)}");
            worst = Math.Max(worst, apart);
        }

        return worst;
    }

    private static Dictionary<string, double> Print(StepCase @case, Stepper[] all, double apart)
    {
        double[][] seconds = [.. all.Select(stepper => stepper.Taken.Select(taken => taken.Seconds).ToArray())];
        double[] ms = [.. seconds.Select(each => Timing.MedianOf(each) * 1000)];
        double[] peaks = [.. all.Select(stepper => stepper.Taken[^1].PeakMegabytes)];
        var (plain, tuned, cached) = (Ratio.Of(seconds[0], seconds[2]), Ratio.Of(seconds[1], seconds[2]), Ratio.Of(seconds[0], seconds[3]));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{@case.Name,-22} {ms[0],7:F0} {ms[1],7:F0} {ms[2],7:F0} {ms[3],7:F0} | {plain.Median,10:F2}  {tuned.Median,10:F2} [{tuned.Low:F2}, {tuned.High:F2}] {cached.Median,14:F2} | {peaks[0],13:F0} {peaks[1],6:F0} {peaks[2],6:F0} | {apart:e1}"));
        return new(StringComparer.Ordinal)
        {
            ["plain"] = plain.Median,
            ["tuned"] = tuned.Median,
            ["cached"] = cached.Median,
            ["low"] = tuned.Low,
            ["high"] = tuned.High,
            ["plain_ms"] = ms[0],
            ["tuned_ms"] = ms[1],
            ["ms"] = ms[2],
            ["cached_ms"] = ms[3],
            ["plain_peak_mb"] = peaks[0],
            ["tuned_peak_mb"] = peaks[1],
            ["peak_mb"] = peaks[2],
        };
    }
}
