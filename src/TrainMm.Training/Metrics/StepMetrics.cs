namespace TrainMm.Training.Metrics;

/// <summary>What one optimiser step did: a line of <c>metrics.jsonl</c>, in the order and (in snake_case) by the names of the properties.</summary>
public sealed record StepMetrics
{
    /// <summary>How many steps the run has done with this one; the first is 1.</summary>
    public required long Step { get; init; }

    /// <summary>Passes over the training set when the step was done, as a fraction.</summary>
    public required double Epoch { get; init; }

    /// <summary>Cross-entropy per supervised token, nats.</summary>
    public required double Loss { get; init; }

    /// <summary>The learning rate of the first parameter group.</summary>
    public required double Lr { get; init; }

    /// <summary>The gradient's L2 norm over all trainable parameters, before clipping.</summary>
    public required double GradNorm { get; init; }

    /// <summary>Targets that the loss was taken over.</summary>
    public required long SupervisedTokens { get; init; }

    /// <summary>Samples in the step's batch.</summary>
    public required long Samples { get; init; }

    /// <summary>Tokens of the batch, padding not counted, per second of the step.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Wall time of the step, milliseconds.</summary>
    public required double StepMs { get; init; }

    /// <summary>SHA-256 of the samples' ids and token ids, in their order.</summary>
    public required string SampleHash { get; init; }
}
