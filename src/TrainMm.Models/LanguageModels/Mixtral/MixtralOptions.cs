using TrainMm.Core.Config;

namespace TrainMm.Models.LanguageModels.Mixtral;

/// <summary>Mixtral 8x7B, 8x22B and others of their layout.</summary>
public sealed class MixtralOptions : ILanguageModelOptions<MixtralArchitecture>, IValidatable
{
    /// <summary>A folder in Hugging Face's layout: config.json and model.safetensors or its shards. A whole LLaVA's folder will do: its language model is taken.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public MixtralArchitecture? Architecture { get; init; }

    /// <summary>Whether the configuration's sliding_window counts the token itself, as newer versions of transformers have it; otherwise a token sees itself and as many before it, as in 4.39.</summary>
    public bool WindowCountsItself { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => LanguageModelSource.Check(this, checks);
}
