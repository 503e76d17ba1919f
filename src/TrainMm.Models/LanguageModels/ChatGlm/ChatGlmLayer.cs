using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.ChatGlm;

/// <summary>One decoder layer: with n = LN₁ x, a = α n + Attention(n), m = LN₂ a, it gives α m + FF(m), where α = √(2 L).</summary>
internal sealed class ChatGlmLayer : DecoderLayer
{
    private readonly double alpha;
    private readonly LayerNorm attentionNorm;
    private readonly ChatGlmAttention attention;
    private readonly LayerNorm feedForwardNorm;
    private readonly PlainFeedForward feedForward;

    public ChatGlmLayer(int index, ChatGlmArchitecture sizes, ModuleScope scope)
        : base(nameof(ChatGlmLayer))
    {
        alpha = Math.Sqrt(2 * sizes.NumLayers);
        attentionNorm = Add("input_layernorm", new LayerNorm(sizes.HiddenSize, sizes.LayernormEpsilon, scope.Child("input_layernorm")));
        attention = Add("attention", new ChatGlmAttention(index, sizes, scope.Child("attention")));
        feedForwardNorm = Add("post_attention_layernorm", new LayerNorm(sizes.HiddenSize, sizes.LayernormEpsilon, scope.Child("post_attention_layernorm")));
        feedForward = Add("mlp", new PlainFeedForward("dense_h_to_4h", "dense_4h_to_h", sizes.HiddenSize, sizes.InnerHiddenSize, "gelu_new", scope.Child("mlp")));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, DecoderPass pass, bool onlyWanted)
    {
        using var scope = NewDisposeScope();
        var normed = attentionNorm.Forward(x);
        var attended = attention.Forward(normed, pass, onlyWanted);                                     // [B, T, D] or [S, D]
        var sum = (onlyWanted ? pass.AtWanted(normed) : normed).mul(alpha).add(attended);
        var input = feedForwardNorm.Forward(sum);
        return input.mul(alpha).add(feedForward.Forward(input, pass, onlyWanted ? pass.WantedMediaRows : pass.MediaRows)).MoveToOuterDisposeScope();
    }
}
