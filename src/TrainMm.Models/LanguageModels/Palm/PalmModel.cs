using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Palm;

/// <summary>The decoder without its head.</summary>
internal sealed class PalmModel : NamedModule
{
    private readonly ModuleList<DecoderLayer> layers;
    private readonly LayerNorm norm;
    private readonly RotaryEmbedding rotary;

    public PalmModel(PalmArchitecture sizes, ModuleScope scope)
        : base(nameof(PalmModel))
    {
        Tokens = Add("embed_tokens", new TokenEmbedding(sizes.VocabSize, sizes.HiddenSize, scope.Child("embed_tokens")));
        layers = Add("layers", DecoderLayer.List(sizes.NumHiddenLayers, i => new PalmLayer(i, sizes, scope.Child("layers").Child(i))));
        norm = Add("norm", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("norm"), hasBias: false));
        rotary = new RotaryEmbedding(sizes.HeadDim, sizes.RopeTheta, RotaryScaling.None);
    }

    public TokenEmbedding Tokens { get; }

    /// <summary>[B, T, D] → [B, T, D], or [S, D] at the wanted positions.</summary>
    public Tensor Forward(Tensor embeddings, DecoderInput input) =>
        norm.Forward(DecoderLayer.Run(layers, embeddings, DecoderPass.Begin(embeddings, input, rotary), input));
}
