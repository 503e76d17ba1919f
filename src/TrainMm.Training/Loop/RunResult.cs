using TrainMm.Core.Diagnostics;
using TrainMm.Training.Metrics;

namespace TrainMm.Training.Loop;

/// <summary>How a run ended.</summary>
public sealed record RunResult
{
    /// <summary><see cref="ExitCode.Done"/>, or <see cref="ExitCode.Preempted"/> after a signal and a checkpoint.</summary>
    public required ExitCode ExitCode { get; init; }

    /// <summary>Steps done.</summary>
    public required long Step { get; init; }

    /// <summary>Steps of the whole run.</summary>
    public required long TotalSteps { get; init; }

    /// <summary>Loss of the last step; null when no step was done.</summary>
    public double? LastLoss { get; init; }

    /// <summary>The held-out record of the lowest loss; null when none was taken.</summary>
    public HeldOutRecord? Best { get; init; }

    /// <summary>Seconds this process spent on the run.</summary>
    public required double Seconds { get; init; }

    /// <summary>The folder of the trained parts; null when the run is not done.</summary>
    public string? FinalFolder { get; init; }

    /// <summary>The report; null when none was written.</summary>
    public string? Report { get; init; }
}
