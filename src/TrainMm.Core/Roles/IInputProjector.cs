using static TorchSharp.torch;

namespace TrainMm.Core.Roles;

/// <summary>Brings an encoder's features to soft tokens of the language model's width.</summary>
public interface IInputProjector : IDisposable
{
    /// <summary>The parameters.</summary>
    nn.Module Module { get; }

    /// <summary>Q, the soft tokens that one medium becomes.</summary>
    int TokensFor(FeatureSpec features);

    /// <summary>What it wants of the instruction that goes with each medium; null where it reads none.</summary>
    InstructionSpec? Instruction => null;

    /// <summary>[I, N, De] → [I, Q, D].</summary>
    Tensor Project(Tensor features);

    /// <summary>[I, N, De] → [I, Q, D], with the instruction that goes with each medium. A projector that reads none leaves it aside.</summary>
    Tensor Project(Tensor features, Instructions instructions) => Project(features);
}
