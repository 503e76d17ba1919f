using TrainMm.Core.Config;

namespace TrainMm.Training.Optimisation.Schedules;

/// <summary>Options of the inverse square root schedule.</summary>
public sealed class InverseSquareRootOptions : WarmupOptions
{
    /// <summary>Steps over which the rate falls to 1/√2; the warm-up's length where it is not given, or 10,000 without a warm-up.</summary>
    [AtLeast(1)]
    public long? Timescale { get; init; }
}

/// <summary>A fall with 1/√t that never reaches 0 and does not depend on the run's length (arXiv:2106.04560, section 3.1).</summary>
/// <param name="options">Warm-up and time scale.</param>
/// <param name="context">The run.</param>
public sealed class InverseSquareRootSchedule(InverseSquareRootOptions options, ScheduleContext context) : WarmedUpSchedule(options, context)
{
    private const long DefaultTimescale = 10_000;

    /// <inheritdoc/>
    protected override double Decay(long step)
    {
        var timescale = options.Timescale ?? (Warmup > 0 ? Warmup : DefaultTimescale);
        return 1 / Math.Sqrt((step - Warmup + timescale) / (double)timescale);
    }
}
