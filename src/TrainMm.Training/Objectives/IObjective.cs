using TorchSharp;
using TrainMm.Core;
using TrainMm.Models;

namespace TrainMm.Training.Objectives;

/// <summary>What training makes smaller.</summary>
public interface IObjective
{
    /// <summary>The loss of a batch as a sum, so that the parts of a larger batch can be added before they are divided by its count.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">On the model's device.</param>
    LossTerms Compute(MultimodalModel model, Batch batch);
}

/// <summary>A loss before it is averaged.</summary>
/// <param name="Sum">The sum over the targets, a scalar in float32 that carries the gradient.</param>
/// <param name="Count">The number of targets.</param>
public sealed record LossTerms(torch.Tensor Sum, long Count);
