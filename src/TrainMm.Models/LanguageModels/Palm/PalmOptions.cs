using TrainMm.Core.Config;

namespace TrainMm.Models.LanguageModels.Palm;

/// <summary>PaLM, the language model of PaLM-E; no checkpoint of it is public.</summary>
public sealed class PalmOptions : ILanguageModelOptions<PalmArchitecture>, IValidatable
{
    /// <summary>A folder with config.json (<c>model_type</c> palm) and model.safetensors or its shards, under this project's names.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public PalmArchitecture? Architecture { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => LanguageModelSource.Check(this, checks);
}
