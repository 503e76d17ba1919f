using TrainMm.Core.Config;

namespace TrainMm.Training.Optimisation.Schedules;

/// <summary>Options of the polynomial schedule.</summary>
public sealed class PolynomialOptions : WarmupOptions
{
    /// <summary>Share of the rate that is left at the end.</summary>
    [Range(0, 1)]
    public double MinRatio { get; init; }

    /// <summary>The power of the remaining share; 1 is linear.</summary>
    [Above(0)]
    public double Power { get; init; } = 1;
}

/// <summary>A power of the remaining share, down to the minimum.</summary>
/// <param name="options">Warm-up, power and minimum.</param>
/// <param name="context">The run.</param>
public sealed class PolynomialSchedule(PolynomialOptions options, ScheduleContext context) : WarmedUpSchedule(options, context)
{
    /// <inheritdoc/>
    protected override double Decay(long step) => options.MinRatio + ((1 - options.MinRatio) * Math.Pow(1 - Progress(step), options.Power));
}
