using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.ClipText;

/// <summary>
/// CLIP's text transformer (arXiv:2103.00020, section 2.4), which also conditions Stable Diffusion 1: words and learned positions, causal pre-norm layers and a
/// last norm. The parameters have the names of Hugging Face's <c>CLIPTextModel</c>.
/// </summary>
public sealed class ClipTextModel : NamedModule
{
    private const int WronglySavedEos = 2;

    private readonly ClipTextArchitecture sizes;
    private readonly Transformer transformer;

    /// <summary>Makes the model; its parameters have no values yet.</summary>
    /// <param name="sizes">Sizes.</param>
    /// <param name="scope">The root of its parameters.</param>
    public ClipTextModel(ClipTextArchitecture sizes, ModuleScope scope)
        : base(nameof(ClipTextModel))
    {
        this.sizes = sizes;
        transformer = Add("text_model", new Transformer(sizes, scope.Child("text_model")));
    }

    /// <summary>Where the tensors are found: alone or in a whole CLIP, whose other parts are left aside.</summary>
    internal static KeyMap Layout { get; } = new("CLIPTextModel", [new("text_model.", "text_model.")], [".position_ids"]);

    /// <summary>[B, T] → [B, T, D], normed: what generators are conditioned on.</summary>
    /// <param name="ids">[B, T] int64.</param>
    /// <param name="attended">[B, T] bool, true at a real token; null where all are, as Stable Diffusion has it for its padding too.</param>
    /// <param name="observe">Called with 0 and the embeddings, then with each layer's number from 1 and its output.</param>
    /// <exception cref="ArgumentException">The text is longer than the model's positions.</exception>
    public Tensor Forward(Tensor ids, Tensor? attended = null, Action<int, Tensor>? observe = null)
    {
        if (ids.shape[1] > sizes.MaxPositionEmbeddings)
            throw new ArgumentException($"A text has {ids.shape[1]} tokens, CLIP's text transformer takes {sizes.MaxPositionEmbeddings}.", nameof(ids));
        return transformer.Forward(ids, attended, observe);
    }

    /// <summary>[B, T, D] → [B, D]: each text's vector at its end token, before CLIP's projection.</summary>
    /// <param name="hidden">What <see cref="Forward"/> gave.</param>
    /// <param name="ids">[B, T] int64.</param>
    public Tensor Pool(Tensor hidden, Tensor ids)
    {
        var ends = sizes.EosTokenId == WronglySavedEos ? ids.argmax(-1) : ids.eq(sizes.EosTokenId).to_type(ScalarType.Int32).argmax(-1);  // [B]
        var places = ends.view(-1, 1, 1).expand(hidden.shape[0], 1, hidden.shape[2]);                                                  // [B, 1, D]
        return hidden.gather(1, places).squeeze(1);                                                                                    // [B, D]
    }

    private sealed class Transformer : NamedModule
    {
        private readonly TokenEmbedding words;
        private readonly Parameter positions;
        private readonly PreNormStack layers;
        private readonly LayerNorm lastNorm;

        public Transformer(ClipTextArchitecture sizes, ModuleScope scope)
            : base(nameof(Transformer))
        {
            var embeddings = Add("embeddings", new Embeddings(sizes, scope.Child("embeddings")));
            (words, positions) = (embeddings.Words, embeddings.Positions);
            layers = Add("encoder", new PreNormStack(sizes.Layer, sizes.NumHiddenLayers, scope.Child("encoder")));
            lastNorm = Add("final_layer_norm", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("final_layer_norm")));
        }

        /// <summary>[B, T] → [B, T, D].</summary>
        public Tensor Forward(Tensor ids, Tensor? attended, Action<int, Tensor>? observe)
        {
            var x = words.Forward(ids);                                                                              // [B, T, D]
            x = x.add(positions.narrow(0, 0, ids.shape[1]).CastTo(x.dtype));
            var mask = Attention.CausalMask(ids.shape[1], past: 0, attended, x.dtype, x.device);                     // [B or 1, 1, T, T]
            return lastNorm.Forward(layers.Forward(x, observe, mask));
        }
    }

    private sealed class Embeddings : NamedModule
    {
        public Embeddings(ClipTextArchitecture sizes, ModuleScope scope)
            : base(nameof(Embeddings))
        {
            Words = Add("token_embedding", new TokenEmbedding(sizes.VocabSize, sizes.HiddenSize, scope.Child("token_embedding")));
            Positions = Add("position_embedding", new PositionTable(sizes.MaxPositionEmbeddings, sizes.HiddenSize, scope.Child("position_embedding"))).Weight;
        }

        public TokenEmbedding Words { get; }

        public Parameter Positions { get; }
    }
}
