using TrainMm.Core.Config;

namespace TrainMm.Models.Fusion.LlamaAdapter;

/// <summary>Learned prompts beside the attention of the top layers, with the media's features added, behind a gate for each head that starts closed.</summary>
public sealed class LlamaAdapterOptions
{
    /// <summary>K, prompts of a layer. The input projector makes one soft token, which is added to all of them, or K.</summary>
    [AtLeast(1)]
    public int Prompts { get; init; } = 10;

    /// <summary>L, the top layers that have prompts.</summary>
    [AtLeast(1)]
    public int Layers { get; init; } = 30;

    /// <summary>Where its parameters come from: a LLaMA-Adapter's file, or a run's trained.safetensors. Null starts it with closed gates.</summary>
    [PathValue(PathRule.Existing)]
    public string? Checkpoint { get; init; }
}
