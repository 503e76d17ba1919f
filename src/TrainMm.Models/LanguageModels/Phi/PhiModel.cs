using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Phi;

/// <summary>The decoder without its head: what the checkpoint calls <c>model</c>.</summary>
internal sealed class PhiModel : NamedModule
{
    private readonly ModuleList<DecoderLayer> layers;
    private readonly LayerNorm norm;
    private readonly RotaryEmbedding rotary;

    public PhiModel(PhiArchitecture sizes, ModuleScope scope)
        : base(nameof(PhiModel))
    {
        Tokens = Add("embed_tokens", new TokenEmbedding(sizes.VocabSize, sizes.HiddenSize, scope.Child("embed_tokens")));
        layers = Add("layers", DecoderLayer.List(sizes.NumHiddenLayers, i => new PhiLayer(i, sizes, scope.Child("layers").Child(i))));
        norm = Add("final_layernorm", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("final_layernorm")));
        rotary = new RotaryEmbedding(sizes.RotaryWidth, sizes.RopeTheta, sizes.RopeScaling?.Create(sizes.MaxPositionEmbeddings) ?? RotaryScaling.None);
    }

    public TokenEmbedding Tokens { get; }

    /// <summary>[B, T, D] → [B, T, D], or [S, D] at the wanted positions.</summary>
    public Tensor Forward(Tensor embeddings, DecoderInput input) =>
        norm.Forward(DecoderLayer.Run(layers, embeddings, DecoderPass.Begin(embeddings, input, rotary), input));
}
