using TrainMm.Core.Config;

namespace TrainMm.Training.Optimisation.Schedules;

/// <summary>The rise that every schedule begins with.</summary>
public abstract class WarmupOptions
{
    /// <summary>Share of the run's steps over which the rate rises from 0; rounded up to whole steps.</summary>
    [Range(0, 1)]
    public double WarmupRatio { get; init; }

    /// <summary>Steps over which the rate rises from 0; takes the place of warmup_ratio.</summary>
    [AtLeast(0)]
    public long? WarmupSteps { get; init; }
}

/// <summary>A linear rise from 0 to 1, then a decay of the schedule's own.</summary>
/// <param name="options">How long the rise takes.</param>
/// <param name="context">The run.</param>
public abstract class WarmedUpSchedule(WarmupOptions options, ScheduleContext context) : ILearningRateSchedule
{
    /// <summary>Steps of the rise.</summary>
    protected long Warmup { get; } = options.WarmupSteps ?? (long)Math.Ceiling(context.TotalSteps * options.WarmupRatio);

    /// <inheritdoc/>
    public double FactorAt(long step) => step < Warmup ? step / (double)Warmup : Decay(step);

    /// <summary>The factor after the rise.</summary>
    /// <param name="step">Steps done, those of the rise counted.</param>
    protected abstract double Decay(long step);

    /// <summary>The share of the decay that is done, from 0 at the end of the rise to 1 at the last step.</summary>
    /// <param name="step">Steps done, those of the rise counted.</param>
    protected double Progress(long step) => Math.Min(1, (step - Warmup) / (double)Math.Max(1, context.TotalSteps - Warmup));
}
