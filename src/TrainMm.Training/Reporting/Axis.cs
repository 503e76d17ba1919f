using System.Globalization;

namespace TrainMm.Training.Reporting;

/// <summary>A linear axis whose ticks stand at round figures.</summary>
internal sealed class Axis
{
    private readonly double low;
    private readonly double high;
    private readonly int decimals;
    private readonly bool isScientific;

    private Axis(double low, double high, double step)
    {
        this.low = low;
        this.high = high;
        decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(step) - 1e-9), 0, 6);
        isScientific = Math.Max(Math.Abs(low), Math.Abs(high)) < 0.01;
        var first = Math.Ceiling((low / step) - 1e-9);
        Ticks = [.. Enumerable.Range(0, (int)Math.Floor((high / step) + 1e-9 - first) + 1).Select(i => (first + i) * step)];
    }

    /// <summary>Where the ticks stand, ascending.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>An axis that holds the interval, widened to round figures.</summary>
    /// <param name="low">The least value.</param>
    /// <param name="high">The greatest value.</param>
    /// <param name="ticks">About how many ticks there should be.</param>
    public static Axis Over(double low, double high, int ticks)
    {
        // Values that are all the same stand in the middle of what is of their own size: a constant rate of 2e-5 is not drawn from −0.5 to 0.5.
        if (high - low <= 1e-9 * Math.Max(Math.Abs(low), Math.Abs(high)))
        {
            var half = high == 0 ? 0.5 : Math.Abs(high) / 2;
            (low, high) = (low - half, high + half);
        }

        var raw = (high - low) / ticks;
        var magnitude = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = magnitude * ((raw / magnitude) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 });
        return new Axis(Math.Floor(low / step) * step, Math.Ceiling(high / step) * step, step);
    }

    /// <summary>Where on the axis a value lies: 0 at its low end, 1 at its high end.</summary>
    public double Share(double value) => (value - low) / (high - low);

    /// <summary>A tick's text.</summary>
    public string Label(double tick)
    {
        if (isScientific)
        {
            return Math.Abs(tick) < 1e-12 ? "0" : tick.ToString("0.#e-0", CultureInfo.InvariantCulture);
        }

        return tick.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }
}
