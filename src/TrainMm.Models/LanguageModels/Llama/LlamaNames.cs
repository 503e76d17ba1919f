namespace TrainMm.Models.LanguageModels.Llama;

/// <summary>What a kind's checkpoint calls the parts of a decoder of LLaMA's form.</summary>
internal sealed record LlamaNames
{
    /// <summary>Hugging Face's names of LLaMA and of most that came after it.</summary>
    public static LlamaNames HuggingFace { get; } = new();

    /// <summary>The decoder without its head.</summary>
    public string Root { get; init; } = "model";

    /// <summary>The embedding table.</summary>
    public string Tokens { get; init; } = "embed_tokens";

    /// <summary>The list of layers.</summary>
    public string Layers { get; init; } = "layers";

    /// <summary>A layer's attention.</summary>
    public string Attention { get; init; } = "self_attn";

    /// <summary>The norm before it.</summary>
    public string AttentionNorm { get; init; } = "input_layernorm";

    /// <summary>A layer's feed-forward layer.</summary>
    public string FeedForward { get; init; } = "mlp";

    /// <summary>The norm before it.</summary>
    public string FeedForwardNorm { get; init; } = "post_attention_layernorm";

    /// <summary>The feed-forward layer's projection that the activation is taken of.</summary>
    public string Gate { get; init; } = "gate_proj";

    /// <summary>The projection that it is multiplied with.</summary>
    public string Up { get; init; } = "up_proj";

    /// <summary>The projection back.</summary>
    public string Down { get; init; } = "down_proj";

    /// <summary>The last norm.</summary>
    public string Norm { get; init; } = "norm";

    /// <summary>The head.</summary>
    public string Head { get; init; } = "lm_head";
}
