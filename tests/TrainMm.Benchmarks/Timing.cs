using System.Diagnostics;

namespace TrainMm.Benchmarks;

/// <summary>Times on a machine that others use too.</summary>
internal static class Timing
{
    /// <summary>Items a second in the median of several rounds, after one that is not counted.</summary>
    /// <param name="rounds">How many are counted.</param>
    /// <param name="body">Does a round and says how many items it was.</param>
    public static double Rate(int rounds, Func<long> body)
    {
        body();
        return Median(rounds, () =>
        {
            var started = Stopwatch.GetTimestamp();
            var items = body();
            return items / Stopwatch.GetElapsedTime(started).TotalSeconds;
        });
    }

    /// <summary>The median of several measurements.</summary>
    public static double Median(int rounds, Func<double> measure) => MedianOf(Enumerable.Range(0, rounds).Select(_ => measure()));

    /// <summary>The middle one, or the mean of the middle two.</summary>
    public static double MedianOf(IEnumerable<double> values)
    {
        var figures = values.Order().ToArray();
        return (figures[(figures.Length - 1) / 2] + figures[figures.Length / 2]) / 2;
    }
}
