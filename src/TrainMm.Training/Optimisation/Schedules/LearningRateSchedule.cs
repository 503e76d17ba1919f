namespace TrainMm.Training.Optimisation.Schedules;

/// <summary>
/// The learning rate over a run: a factor on each parameter group's rate, and a pure function of the step, so that a resumed run needs no state.
/// The factors are those of Hugging Face transformers (<c>optimization.py</c>); with a warm-up, the first step has factor 0.
/// </summary>
public interface ILearningRateSchedule
{
    /// <summary>The factor for one step.</summary>
    /// <param name="step">Steps done before it; the first step's is 0.</param>
    double FactorAt(long step);
}

/// <summary>What a schedule knows of the run.</summary>
/// <param name="TotalSteps">Steps of the whole run.</param>
public sealed record ScheduleContext(long TotalSteps);
