using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Training.Caches;
using TrainMm.Training.Optimisation;

namespace TrainMm.Training.Loop;

/// <summary>How long to train, and in what portions.</summary>
public sealed class TrainOptions : IValidatable
{
    /// <summary>Passes over the training set; the run has floor(epochs × samples / batch_size) steps, at least 1.</summary>
    [Above(0)]
    public double Epochs { get; init; } = 1;

    /// <summary>Steps after which the run ends; takes the place of epochs.</summary>
    [AtLeast(1)]
    public long? MaxSteps { get; init; }

    /// <summary>Samples of one optimiser step.</summary>
    [AtLeast(1)]
    public int BatchSize { get; init; } = 32;

    /// <summary>
    /// Samples that go through the model at once; fewer need less memory and give the same gradient. The batch size where it is not given.
    /// With data.packing: pack it counts packed rows, each of up to data.max_length tokens of as many samples as fit.
    /// </summary>
    [AtLeast(1)]
    public int? MicroBatchSize { get; init; }

    /// <summary>
    /// Micro-batches that go through the model at the same time, each on a thread of its own that runs its operators alone; on a processor only, and where nothing draws random numbers (dropout).
    /// Faster than threads that share each operator where the model is small; each needs its own memory. The gradient is the same but for its last bits.
    /// </summary>
    [AtLeast(1)]
    public int ParallelParts { get; init; } = 1;

    /// <summary>Largest L2 norm of the gradient; longer ones are scaled down to it. null: no clipping.</summary>
    [Above(0)]
    public double? MaxGradNorm { get; init; } = 1;

    /// <summary>Clips each unit's gradient by the size of its weights (AGC, arXiv:2102.06171), before <see cref="MaxGradNorm"/>. null: it does not.</summary>
    public AdaptiveClippingOptions? AdaptiveClipping { get; init; }

    /// <summary>
    /// Which layers of the language model forget what they computed and compute it again in the backward pass: less memory, more time, the same gradient. full is every one; selective every second one or,
    /// with activation_budget_gib, those that begin when that much memory is in use.
    /// </summary>
    public Recomputation ActivationCheckpointing { get; init; } = Recomputation.None;

    /// <summary>
    /// With activation_checkpointing: selective, GiB of the device's memory: a layer that begins when tensors take as much, weights included, forgets what it computes. What is in use afterwards can be more by a layer, and by the logits.
    /// </summary>
    [Above(0)]
    public double? ActivationBudgetGib { get; init; }

    /// <summary>Supervised positions whose logits are held in memory at once.</summary>
    [AtLeast(1)]
    public int LogitsChunk { get; init; } = 1024;

    /// <summary>
    /// Whether features of a frozen encoder are kept, so that each medium is encoded once. Kept features are made one by one, so that their bits do not depend on the batch: a cache that is empty, full, damaged or lost changes
    /// nothing but the time. With off, media are encoded a batch at a time, which can give other last bits.
    /// </summary>
    public FeatureCache FeatureCache { get; init; } = FeatureCache.Auto;

    /// <summary>Where kept features are on disk, and how much they may take.</summary>
    public FeatureStoreOptions FeatureStore { get; init; } = new();

    /// <summary>Whether what generators make of captions and media for training, which is always the same, is kept on disk.</summary>
    public TargetCacheOptions TargetCache { get; init; } = new();

    /// <summary>What becomes of the run when a step's loss or gradient is not finite.</summary>
    public NonFinitePolicy OnNonFinite { get; init; } = NonFinitePolicy.Stop;

    /// <summary>Steps in a row that on_non_finite: skip may leave out; one more ends the run.</summary>
    [AtLeast(1)]
    public int MaxConsecutiveSkips { get; init; } = 10;

    /// <summary>
    /// Seconds that whoever sends SIGTERM waits before it kills. Half of them are for ending the step at hand: where they do not suffice, the step is given up between two micro-batches,
    /// the checkpoint is of the step before, and the run that goes on takes the step again.
    /// </summary>
    [AtLeast(0)]
    public double GraceSeconds { get; init; } = 30;

    /// <summary>Steps of a run over a training set of a given size.</summary>
    internal long TotalSteps(long samples) => MaxSteps ?? Math.Max(1, (long)Math.Floor(Epochs * samples / BatchSize));

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        if (ActivationBudgetGib is not null && ActivationCheckpointing != Recomputation.Selective) checks.Error(nameof(ActivationBudgetGib), "is for activation_checkpointing: selective");
        if (MicroBatchSize > BatchSize) checks.Error(nameof(MicroBatchSize), $"is larger than the batch of {BatchSize}");
    }
}
