namespace TrainMm.Training.Optimisation.Schedules;

/// <summary>Options of the constant schedule.</summary>
public sealed class ConstantOptions : WarmupOptions;

/// <summary>The full rate from the end of the warm-up to the last step.</summary>
/// <param name="options">The warm-up.</param>
/// <param name="context">The run.</param>
public sealed class ConstantSchedule(ConstantOptions options, ScheduleContext context) : WarmedUpSchedule(options, context)
{
    /// <inheritdoc/>
    protected override double Decay(long step) => 1;
}
