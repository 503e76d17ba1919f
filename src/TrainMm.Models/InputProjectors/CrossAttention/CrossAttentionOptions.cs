using TrainMm.Core.Config;

namespace TrainMm.Models.InputProjectors.CrossAttention;

/// <summary>Learned queries that look at the features once, places in mind.</summary>
public sealed class CrossAttentionOptions : IValidatable
{
    /// <summary>Q, the soft tokens that one medium becomes; a square number.</summary>
    [AtLeast(1)]
    public int NumQueries { get; init; } = 256;

    /// <summary>Attention heads; null is one for each 128 dimensions of the language model.</summary>
    [AtLeast(1)]
    public int? NumHeads { get; init; }

    /// <summary>Where its parameters come from: a run's input_projector.safetensors, or a Qwen-VL's folder. Null starts it at random.</summary>
    [PathValue(PathRule.Existing)]
    public string? Checkpoint { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        var side = (int)Math.Sqrt(NumQueries);
        if (side * side != NumQueries) checks.Error(nameof(NumQueries), $"is {NumQueries}, no square number", "for example 64 or 256");
    }
}
