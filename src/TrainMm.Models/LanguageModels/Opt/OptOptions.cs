using TrainMm.Core.Config;

namespace TrainMm.Models.LanguageModels.Opt;

/// <summary>OPT, from 125 million to 66 billion parameters, the decoder of BLIP-2 among them.</summary>
public sealed class OptOptions : ILanguageModelOptions<OptArchitecture>, IValidatable
{
    /// <summary>A folder in Hugging Face's layout: config.json and model.safetensors or its shards. A whole LLaVA's folder will do: its language model is taken.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public OptArchitecture? Architecture { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => LanguageModelSource.Check(this, checks);
}
