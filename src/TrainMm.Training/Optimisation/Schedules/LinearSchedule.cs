using TrainMm.Core.Config;

namespace TrainMm.Training.Optimisation.Schedules;

/// <summary>Options of the linear schedule.</summary>
public sealed class LinearOptions : WarmupOptions
{
    /// <summary>Share of the rate that is left at the end.</summary>
    [Range(0, 1)]
    public double MinRatio { get; init; }
}

/// <summary>A straight fall to the minimum after the last step.</summary>
/// <param name="options">Warm-up and minimum.</param>
/// <param name="context">The run.</param>
public sealed class LinearSchedule(LinearOptions options, ScheduleContext context) : WarmedUpSchedule(options, context)
{
    /// <inheritdoc/>
    protected override double Decay(long step) => options.MinRatio + ((1 - options.MinRatio) * (1 - Progress(step)));
}
