using TrainMm.Core.Config;

namespace TrainMm.Models.Peft.Prefix;

/// <summary>Learned keys and values before those of every layer. Everything that describes the adapter comes either from here or from a checkpoint.</summary>
public sealed class PrefixOptions : IValidatable
{
    /// <summary>How many learned keys and values stand before each layer's; 20 where it is not given. The longest text is shorter by as many tokens.</summary>
    [AtLeast(1)]
    public int? NumVirtualTokens { get; init; }

    /// <summary>A folder with adapter_config.json and adapter_model.safetensors (or .bin), from a run or from PEFT: it gives the number, and the keys and values.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        if (Checkpoint is not null && NumVirtualTokens is not null) checks.Error(nameof(NumVirtualTokens), "is given by the checkpoint's adapter_config.json; leave it out");
    }
}
