using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.GptNeox;

/// <summary>The decoder without its head: what the checkpoint calls <c>gpt_neox</c>.</summary>
internal sealed class GptNeoxModel : NamedModule
{
    private readonly ModuleList<DecoderLayer> layers;
    private readonly LayerNorm norm;
    private readonly RotaryEmbedding rotary;

    public GptNeoxModel(GptNeoxArchitecture sizes, ModuleScope scope)
        : base(nameof(GptNeoxModel))
    {
        Tokens = Add("embed_in", new TokenEmbedding(sizes.VocabSize, sizes.HiddenSize, scope.Child("embed_in")));
        layers = Add("layers", DecoderLayer.List(sizes.NumHiddenLayers, i => new GptNeoxLayer(i, sizes, scope.Child("layers").Child(i))));
        norm = Add("final_layer_norm", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("final_layer_norm")));
        rotary = new RotaryEmbedding(sizes.RotaryWidth, sizes.RotaryEmbBase, sizes.RopeScaling?.Create(sizes.MaxPositionEmbeddings) ?? RotaryScaling.None);
    }

    public TokenEmbedding Tokens { get; }

    /// <summary>[B, T, D] → [B, T, D], or [S, D] at the wanted positions.</summary>
    public Tensor Forward(Tensor embeddings, DecoderInput input) =>
        norm.Forward(DecoderLayer.Run(layers, embeddings, DecoderPass.Begin(embeddings, input, rotary), input));
}
