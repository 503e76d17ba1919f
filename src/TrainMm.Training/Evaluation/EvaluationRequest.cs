using TrainMm.Training.Loop;

namespace TrainMm.Training.Evaluation;

/// <summary>One command's worth of evaluation.</summary>
public sealed record EvaluationRequest
{
    /// <summary>The configuration: the run's <c>config.yaml</c>, or one with changed evaluation options.</summary>
    public required RunOptions Options { get; init; }

    /// <summary>The run directory whose <c>final</c> parts are evaluated; the results go there.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>Manifests to evaluate on in the place of those of the configuration; none: the configuration's.</summary>
    public IReadOnlyList<string> Manifests { get; init; } = [];

    /// <summary>The splits to evaluate; none: all that the manifests hold.</summary>
    public IReadOnlyList<string> Splits { get; init; } = [];
}

/// <summary>How far an evaluation is.</summary>
/// <param name="Split">The split at hand.</param>
/// <param name="Task">What is measured: <c>loss</c>, <c>retrieval</c>, <c>exact answers</c>, <c>samples</c>.</param>
/// <param name="Done">Items done.</param>
/// <param name="Total">Items in all.</param>
public sealed record EvaluationProgress(string Split, string Task, int Done, int Total);
