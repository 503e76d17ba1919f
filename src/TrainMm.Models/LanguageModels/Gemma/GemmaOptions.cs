using TrainMm.Core.Config;

namespace TrainMm.Models.LanguageModels.Gemma;

/// <summary>Gemma 2B and 7B (the first Gemma).</summary>
public sealed class GemmaOptions : ILanguageModelOptions<GemmaArchitecture>, IValidatable
{
    /// <summary>A folder in Hugging Face's layout: config.json and model.safetensors or its shards. A whole LLaVA's folder will do: its language model is taken.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public GemmaArchitecture? Architecture { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => LanguageModelSource.Check(this, checks);
}
