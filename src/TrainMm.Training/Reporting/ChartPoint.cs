namespace TrainMm.Training.Reporting;

/// <summary>A point of a curve.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Value">The figure at that step; a value that is not finite breaks the curve.</param>
public readonly record struct ChartPoint(long Step, double Value);

/// <summary>A curve of a chart.</summary>
/// <param name="Name">As the legend calls it.</param>
/// <param name="Style">The CSS class that gives its colour: <c>a</c>, <c>b</c> or <c>c</c>.</param>
/// <param name="Points">In the order of their steps.</param>
/// <param name="IsFaint">Whether it is drawn thin behind the others.</param>
public sealed record Curve(string Name, string Style, IReadOnlyList<ChartPoint> Points, bool IsFaint = false)
{
    /// <summary>
    /// This curve smoothed by an exponential moving average, corrected for its start.
    /// </summary>
    /// <param name="name">The smoothed curve's name.</param>
    /// <param name="keep">Share of the average that is kept at each step, in [0, 1).</param>
    public Curve Smoothed(string name, double keep)
    {
        var points = new List<ChartPoint>(Points.Count);
        double average = 0;
        double weight = 0;
        foreach (var point in Points.Where(point => double.IsFinite(point.Value)))
        {
            average = (keep * average) + ((1 - keep) * point.Value);
            weight = (keep * weight) + (1 - keep);
            points.Add(point with { Value = average / weight });
        }

        return this with { Name = name, Points = points, IsFaint = false };
    }
}
