using TrainMm.Core.Config;

namespace TrainMm.Models.LanguageModels.Llama;

/// <summary>LLaMA, LLaMA-2, LLaMA-3, Vicuna and others of their layout.</summary>
public sealed class LlamaOptions : ILanguageModelOptions<LlamaArchitecture>, IValidatable
{
    /// <summary>A folder in Hugging Face's layout: config.json and model.safetensors or its shards. A whole LLaVA's folder will do: its language model is taken.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public LlamaArchitecture? Architecture { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => LanguageModelSource.Check(this, checks);
}
