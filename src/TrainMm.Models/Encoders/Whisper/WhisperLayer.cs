using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Audio;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Whisper;

/// <summary>One encoder layer: norm before attention and before the feed-forward layer, each added to what came in.</summary>
internal sealed class WhisperLayer : NamedModule
{
    private readonly AudioSelfAttention attention;
    private readonly LayerNorm attentionNorm;
    private readonly AudioFeedForward feedForward;
    private readonly LayerNorm feedForwardNorm;

    public WhisperLayer(WhisperArchitecture sizes, ModuleScope scope)
        : base(nameof(WhisperLayer))
    {
        var width = sizes.DModel;
        attention = Add("self_attn", new AudioSelfAttention(width, sizes.EncoderAttentionHeads, keyBias: false, scope.Child("self_attn")));
        attentionNorm = Add("self_attn_layer_norm", new LayerNorm(width, WhisperTower.NormEpsilon, scope.Child("self_attn_layer_norm")));
        var first = Add("fc1", scope.Child("fc1").Linear(width, sizes.EncoderFfnDim, bias: true));
        var second = Add("fc2", scope.Child("fc2").Linear(sizes.EncoderFfnDim, width, bias: true));
        feedForward = new AudioFeedForward(first, second, sizes.ActivationFunction);
        feedForwardNorm = Add("final_layer_norm", new LayerNorm(width, WhisperTower.NormEpsilon, scope.Child("final_layer_norm")));
    }

    /// <summary>[I, N, De] → [I, N, De].</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = x.add(attention.Forward(attentionNorm.Forward(x)));
        return x.add(feedForward.Forward(feedForwardNorm.Forward(x))).MoveToOuterDisposeScope();
    }
}
