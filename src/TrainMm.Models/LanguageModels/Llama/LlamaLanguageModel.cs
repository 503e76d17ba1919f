using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Llama;

/// <summary>
/// LLaMA (arXiv:2302.13971, arXiv:2307.09288): a causal decoder with RMS norms before each part, rotary positions, a gated feed-forward layer and, from LLaMA-2-70B on,
/// shared key and value heads. The parameters have the names of Hugging Face's <c>LlamaForCausalLM</c>.
/// </summary>
public sealed class LlamaLanguageModel : NamedModule, ILanguageModel
{
    private readonly LlamaModel model;
    private readonly LinearLayer? head;

    /// <summary>Makes the model; its parameters have no values yet.</summary>
    /// <param name="sizes">Sizes and switches.</param>
    /// <param name="scope">The root of its parameters.</param>
    public LlamaLanguageModel(LlamaArchitecture sizes, ModuleScope scope)
        : base(nameof(LlamaLanguageModel))
    {
        Spec = new LanguageModelSpec(sizes.HiddenSize, sizes.VocabSize, sizes.NumHiddenLayers, sizes.MaxPositionEmbeddings);
        model = Add("model", new LlamaModel(sizes, scope.Child("model")));
        if (!sizes.TieWordEmbeddings) head = Add("lm_head", scope.Child("lm_head").Linear(sizes.HiddenSize, sizes.VocabSize, bias: false));
    }

    /// <inheritdoc/>
    public LanguageModelSpec Spec { get; }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>Builds the model and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static LlamaLanguageModel Create(LlamaOptions options, LanguageModelContext context)
    {
        if (options.Checkpoint is not { } folder)
        {
            var sizes = options.Architecture!;
            var random = new LlamaLanguageModel(sizes, context.Scope);
            RandomWeights.Transformer(context.Scope, context.Seed, sizes.InitializerRange);
            return random;
        }

        var read = LlamaArchitecture.Read(HuggingFaceConfig.Open(folder));
        var loaded = new LlamaLanguageModel(read, context.Scope);
        PartCheckpoint.Load(context.Scope, options, nameof(options.Checkpoint), folder, LlamaLayout.For(read.TieWordEmbeddings));
        return loaded;
    }

    /// <inheritdoc/>
    public Tensor Embed(Tensor ids) => model.Tokens.Forward(ids);

    /// <inheritdoc/>
    public Tensor Decode(Tensor embeddings, DecoderInput input) => model.Forward(embeddings, input);

    /// <inheritdoc/>
    public Tensor Logits(Tensor hidden) => head is null ? DenseLinear.Apply(hidden, model.Tokens.Weight, bias: null) : head.Forward(hidden);
}
