using System.Text.Json.Serialization;

namespace TrainMm.Training.Metrics;

/// <summary>What one optimiser step did: a line of <c>metrics.jsonl</c>, in the order and (in snake_case) by the names of the properties.</summary>
public sealed record StepMetrics
{
    /// <summary>How many steps the run has done with this one; the first is 1.</summary>
    public required long Step { get; init; }

    /// <summary>Passes over the training set when the step was done, as a fraction.</summary>
    public required double Epoch { get; init; }

    /// <summary>What was made smaller: of text generation alone the cross-entropy per supervised token, nats; of several objectives the sum of <see cref="Terms"/>, weighted.</summary>
    public required double Loss { get; init; }

    /// <summary>Whether the step was left out because its loss or gradient is not finite: nothing was trained on its samples.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Skipped { get; init; }

    /// <summary>Each objective's loss per target, by its kind and before its weight; null where there is but one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, double>? Terms { get; init; }

    /// <summary>The learning rate of the first parameter group.</summary>
    public required double Lr { get; init; }

    /// <summary>The gradient's L2 norm over all trainable parameters, before clipping.</summary>
    public required double GradNorm { get; init; }

    /// <summary>Supervised tokens of the step's batch.</summary>
    public required long SupervisedTokens { get; init; }

    /// <summary>Samples in the step's batch.</summary>
    public required long Samples { get; init; }

    /// <summary>Tokens of the batch, media's positions among them and padding not counted.</summary>
    public long Tokens { get; init; }

    /// <summary>Positions that went through the language model: the tokens and what was padded; 0 where there is no language model.</summary>
    public long Positions { get; init; }

    /// <summary>Tokens of the batch, padding not counted, per second of the step.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Wall time of the step, milliseconds.</summary>
    public required double StepMs { get; init; }

    /// <summary>Of that, what the step waited for its batch.</summary>
    public double WaitMs { get; init; }

    /// <summary>SHA-256 of the samples' ids and token ids, in their order.</summary>
    public required string SampleHash { get; init; }
}
