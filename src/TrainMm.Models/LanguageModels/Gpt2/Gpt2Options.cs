using TrainMm.Core.Config;

namespace TrainMm.Models.LanguageModels.Gpt2;

/// <summary>GPT-2, from 124 million to 1.5 billion parameters, and others of its layout.</summary>
public sealed class Gpt2Options : ILanguageModelOptions<Gpt2Architecture>, IValidatable
{
    /// <summary>A folder in Hugging Face's layout: config.json and model.safetensors or its shards. A whole LLaVA's folder will do: its language model is taken.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public Gpt2Architecture? Architecture { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => LanguageModelSource.Check(this, checks);
}
