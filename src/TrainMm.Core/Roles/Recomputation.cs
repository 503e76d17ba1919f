namespace TrainMm.Core.Roles;

/// <summary>Which layers of a decoder keep their activations for the backward pass (activation checkpointing, arXiv:1604.06174). The gradient is the same, bit for bit.</summary>
public enum Recomputation
{
    /// <summary>All layers keep them: fastest.</summary>
    None,

    /// <summary>Every second layer computes them again or, where there is a budget of memory, those that begin when it is used up.</summary>
    Selective,

    /// <summary>Every layer computes them again, and keeps its input alone: least memory, one more forward pass.</summary>
    Full,
}
