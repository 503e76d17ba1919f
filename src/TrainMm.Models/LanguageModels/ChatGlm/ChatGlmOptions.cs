using TrainMm.Core.Config;

namespace TrainMm.Models.LanguageModels.ChatGlm;

/// <summary>ChatGLM-6B, the language model of VisualGLM.</summary>
public sealed class ChatGlmOptions : ILanguageModelOptions<ChatGlmArchitecture>, IValidatable
{
    /// <summary>A folder in Hugging Face's layout: config.json and model.safetensors or its shards. A whole LLaVA's folder will do: its language model is taken.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public ChatGlmArchitecture? Architecture { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => LanguageModelSource.Check(this, checks);
}
