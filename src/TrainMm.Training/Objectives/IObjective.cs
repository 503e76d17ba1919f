using TorchSharp;
using TrainMm.Core;
using TrainMm.Core.Roles;

namespace TrainMm.Training.Objectives;

/// <summary>
/// Something that training makes smaller. Each step's loss is the sum over the run's objectives of weight · sum / count, where the sum is added up over the micro-batches
/// and the count is that of the whole batch: so a loss that is a sum over targets has the same gradient whatever the size of a micro-batch.
/// </summary>
public interface IObjective
{
    /// <summary>What it trains of its own, null where it has nothing: trained whatever <c>trainable</c> says, named <c>objectives.KIND.…</c> in the model.</summary>
    torch.nn.Module? Module => null;

    /// <summary>Whether it asks the language model for anything.</summary>
    bool NeedsLanguageModel => true;

    /// <summary>What it wants to be given of each sample's answer beside the language model's ids (<see cref="Batch.Captions"/>); null where it reads none.</summary>
    InstructionSpec? Captions => null;

    /// <summary>Whether it compares samples with each other, so that it must see the whole batch at once.</summary>
    bool NeedsWholeBatch => false;

    /// <summary>
    /// Whether it draws from libtorch's own generator, which is seeded for each micro-batch with the step and the place of its first sample.
    /// Who wants numbers that do not depend on how the batch is cut makes a generator of <see cref="ForwardPass.SeedFor"/> and says false.
    /// </summary>
    bool DrawsRandomNumbers => false;

    /// <summary>Whether it looks at positions and tokens alone, so that it does not matter to it that samples stand end to end in one row (<see cref="Batch.Sequences"/>).</summary>
    bool TakesPackedRows => false;

    /// <summary>Whether it asks for <see cref="ForwardPass.Routers"/>.</summary>
    bool NeedsRouters => false;

    /// <summary>Targets in a batch on the CPU; 0 where it has nothing to learn from it, in which case it is not asked for a loss.</summary>
    /// <param name="batch">A whole batch, or a part of one.</param>
    long CountOf(Batch batch);

    /// <summary>Positions at which it wants the language model's hidden states; null where it does not ask for <see cref="ForwardPass.HiddenFor(IObjective)"/>.</summary>
    /// <param name="pass">The batch, on the model's device.</param>
    /// <returns>[S] int64, flat indices into [B·T].</returns>
    torch.Tensor? WantedPositions(ForwardPass pass) => null;

    /// <summary>Layers whose outputs it wants at these positions beside the states behind the final norm, for <see cref="ForwardPass.HiddenFor(IObjective, int)"/>; 0 is the embeddings.</summary>
    IReadOnlyCollection<int> WantedLayers => [];

    /// <summary>The loss of a batch as a sum, so that the parts of a larger batch can be added before they are divided by its count.</summary>
    /// <param name="pass">The batch, on the model's device, and what objectives share of the model's work.</param>
    LossTerms Compute(ForwardPass pass);

    /// <summary>Called after each step of the optimiser: what it keeps beside its parameters follows. All of it is buffers of <see cref="Module"/>, which a checkpoint has and the trained parts have not.</summary>
    void AfterStep()
    {
    }
}

/// <summary>A loss before it is averaged.</summary>
/// <param name="Sum">The sum over the targets, a scalar in float32 that carries the gradient.</param>
/// <param name="Count">The number of targets.</param>
public sealed record LossTerms(torch.Tensor Sum, long Count);
