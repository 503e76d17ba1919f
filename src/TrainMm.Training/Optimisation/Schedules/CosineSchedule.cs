using TrainMm.Core.Config;

namespace TrainMm.Training.Optimisation.Schedules;

/// <summary>Options of the cosine schedule.</summary>
public sealed class CosineOptions : WarmupOptions
{
    /// <summary>Share of the rate that is left at the end.</summary>
    [Range(0, 1)]
    public double MinRatio { get; init; }
}

/// <summary>Half a cosine wave down to the minimum (SGDR, arXiv:1608.03983, equation 5, one period).</summary>
/// <param name="options">Warm-up and minimum.</param>
/// <param name="context">The run.</param>
public sealed class CosineSchedule(CosineOptions options, ScheduleContext context) : WarmedUpSchedule(options, context)
{
    /// <inheritdoc/>
    protected override double Decay(long step) => options.MinRatio + ((1 - options.MinRatio) * 0.5 * (1 + Math.Cos(Math.PI * Progress(step))));
}
