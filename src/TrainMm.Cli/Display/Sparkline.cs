namespace TrainMm.Cli.Display;

/// <summary>A curve in one line of block characters; what is not finite stands at the top.</summary>
public static class Sparkline
{
    private const string Blocks = "▁▂▃▄▅▆▇█";

    /// <summary>Draws values, the oldest on the left, each column the mean of an equal share of them.</summary>
    /// <param name="values">What to draw; none gives an empty line.</param>
    /// <param name="width">Columns at most.</param>
    public static string Draw(IReadOnlyList<double> values, int width)
    {
        var columns = Math.Min(width, values.Count);
        Span<double> means = stackalloc double[columns];
        for (var column = 0; column < columns; column++)
        {
            var (from, to) = ((long)column * values.Count / columns, (column + 1L) * values.Count / columns);
            var sum = 0.0;
            for (var index = from; index < to; index++) sum += values[(int)index];
            means[column] = sum / (to - from);
        }

        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var mean in means)
        {
            if (double.IsFinite(mean)) (low, high) = (Math.Min(low, mean), Math.Max(high, mean));
        }

        var line = new char[columns];
        for (var column = 0; column < columns; column++)
        {
            var height = !double.IsFinite(means[column]) ? 1 : high > low ? (means[column] - low) / (high - low) : 0;
            line[column] = Blocks[(int)Math.Round(height * (Blocks.Length - 1))];
        }

        return new string(line);
    }
}
