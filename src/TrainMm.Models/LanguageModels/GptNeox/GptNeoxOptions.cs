using TrainMm.Core.Config;

namespace TrainMm.Models.LanguageModels.GptNeox;

/// <summary>GPT-NeoX-20B, Pythia and others of their layout.</summary>
public sealed class GptNeoxOptions : ILanguageModelOptions<GptNeoxArchitecture>, IValidatable
{
    /// <summary>A folder in Hugging Face's layout: config.json and model.safetensors or its shards. A whole LLaVA's folder will do: its language model is taken.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public GptNeoxArchitecture? Architecture { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => LanguageModelSource.Check(this, checks);
}
