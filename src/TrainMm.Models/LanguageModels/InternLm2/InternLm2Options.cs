using TrainMm.Core.Config;

namespace TrainMm.Models.LanguageModels.InternLm2;

/// <summary>InternLM2, the language model of InternVL 1.5 and InternLM-XComposer2 among others.</summary>
public sealed class InternLm2Options : ILanguageModelOptions<InternLm2Architecture>, IValidatable
{
    /// <summary>A folder in Hugging Face's layout: config.json and model.safetensors or its shards. A whole LLaVA's folder will do: its language model is taken.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public InternLm2Architecture? Architecture { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => LanguageModelSource.Check(this, checks);
}
