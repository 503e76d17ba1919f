using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Opt;

/// <summary>
/// OPT (arXiv:2205.01068, section 2): a causal decoder with learned positions. The parameters have the names of Hugging Face's <c>OPTForCausalLM</c>.
/// Where embeddings are narrower than the decoder (the size of 350 million), soft tokens have the width of the embeddings: projecting them to the decoder's is its own first step.
/// </summary>
public sealed class OptLanguageModel : DecoderLanguageModel
{
    /// <summary>Makes the model; its parameters have no values yet.</summary>
    /// <param name="sizes">Sizes and switches.</param>
    /// <param name="scope">The root of its parameters.</param>
    public OptLanguageModel(OptArchitecture sizes, ModuleScope scope)
        : base(
            nameof(OptLanguageModel),
            new LanguageModelSpec(sizes.TableWidth, sizes.VocabSize, sizes.NumHiddenLayers, sizes.MaxPositionEmbeddings) { KeyHeads = sizes.NumAttentionHeads, HeadWidth = sizes.HiddenSize / sizes.NumAttentionHeads, LayersAreWider = sizes.TableWidth != sizes.HiddenSize, TiedHead = sizes.TieWordEmbeddings ? 1 : null },
            ("model", new Root(new OptDecoder(sizes, scope.Child("model").Child("decoder")))),
            ("lm_head", sizes.TieWordEmbeddings ? null : scope.Child("lm_head").Linear(sizes.TableWidth, sizes.VocabSize, bias: false)))
    {
    }

    /// <summary>Builds the model and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static OptLanguageModel Create(OptOptions options, LanguageModelContext context) =>
        LanguageModelSource.Create<OptArchitecture, OptLanguageModel>(options, context, (sizes, scope) => new OptLanguageModel(sizes, scope));

    /// <summary>The checkpoint's <c>model</c>, in which nothing lies but the decoder.</summary>
    private sealed class Root : Decoder
    {
        private readonly OptDecoder decoder;

        public Root(OptDecoder decoder)
            : base(nameof(Root))
        {
            this.decoder = Add("decoder", decoder);
        }

        /// <inheritdoc/>
        public override TokenEmbedding Tokens => decoder.Tokens;

        /// <inheritdoc/>
        public override Tensor Forward(Tensor embeddings, DecoderInput input) => decoder.Forward(embeddings, input);
    }
}
