using TrainMm.Core.Config;

namespace TrainMm.Models.LanguageModels.Qwen;

/// <summary>The first Qwen (Qwen-7B and its like), the language model of Qwen-VL and Qwen-Audio.</summary>
public sealed class QwenOptions : ILanguageModelOptions<QwenArchitecture>, IValidatable
{
    /// <summary>A folder in Hugging Face's layout: config.json and model.safetensors or its shards. A whole LLaVA's folder will do: its language model is taken.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public QwenArchitecture? Architecture { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => LanguageModelSource.Check(this, checks);
}
