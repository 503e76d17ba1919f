using TrainMm.Core.Config;

namespace TrainMm.Models.LanguageModels.Phi;

/// <summary>Phi-1, Phi-1.5 and Phi-2.</summary>
public sealed class PhiOptions : ILanguageModelOptions<PhiArchitecture>, IValidatable
{
    /// <summary>A folder in Hugging Face's layout: config.json and model.safetensors or its shards. A whole LLaVA's folder will do: its language model is taken.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public PhiArchitecture? Architecture { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => LanguageModelSource.Check(this, checks);
}
