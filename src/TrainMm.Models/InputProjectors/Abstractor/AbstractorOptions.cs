using TrainMm.Core.Config;

namespace TrainMm.Models.InputProjectors.Abstractor;

/// <summary>mPLUG-Owl's visual abstractor: learned queries, and a token that ends the medium.</summary>
public sealed class AbstractorOptions
{
    /// <summary>Learned queries; with the end's token there is one soft token more.</summary>
    [AtLeast(1)]
    public int NumQueries { get; init; } = 64;

    /// <summary>L, layers.</summary>
    [AtLeast(1)]
    public int NumHiddenLayers { get; init; } = 6;

    /// <summary>Attention heads; must divide the features' width.</summary>
    [AtLeast(1)]
    public int NumAttentionHeads { get; init; } = 16;

    /// <summary>Width within the feed-forward layer.</summary>
    [AtLeast(1)]
    public int IntermediateSize { get; init; } = 4096;

    /// <summary>ε of the feed-forward layer's inner norm.</summary>
    [Above(0)]
    public double LayerNormEps { get; init; } = 1e-6;

    /// <summary>Where its parameters come from: a run's input_projector.safetensors, or an mPLUG-Owl's folder. Null starts it at random.</summary>
    [PathValue(PathRule.Existing)]
    public string? Checkpoint { get; init; }
}
