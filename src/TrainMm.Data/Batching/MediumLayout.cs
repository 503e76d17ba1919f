using TrainMm.Core.Roles;
using TrainMm.Data.Text.Instructions;

namespace TrainMm.Data.Batching;

/// <summary>What a run's model wants of one modality.</summary>
/// <param name="Spec">What the encoder is fed.</param>
/// <param name="TokensPerMedium">Q, the positions that a medium takes in the sequence.</param>
public sealed record MediumLayout(MediaSpec Spec, int TokensPerMedium)
{
    /// <summary>The instruction that goes with each medium; null where the projector reads none.</summary>
    public MediumInstructions? Instructions { get; init; }
}
