namespace TrainMm.Core.Roles;

/// <summary>Which layers of a decoder forget what they computed and compute it again for the gradient, which is the same whatever the rule.</summary>
/// <param name="Kind">Which of them.</param>
/// <param name="IsSpent">With selective, asked before each layer: whether the memory that layers may keep is used up. null: every second layer forgets.</param>
public sealed record RecomputationRule(Recomputation Kind, Func<bool>? IsSpent = null)
{
    /// <summary>All layers keep what they computed.</summary>
    public static RecomputationRule None { get; } = new(Recomputation.None);

    /// <summary>Whether the layer that is about to run forgets.</summary>
    /// <param name="layer">Its number, from 0.</param>
    public bool Covers(int layer) => Kind switch
    {
        Recomputation.None => false,
        Recomputation.Full => true,
        _ => IsSpent?.Invoke() ?? layer % 2 == 0,
    };
}
