using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.T5;

/// <summary>
/// T5 (arXiv:1910.10683, section 2.1), T5 1.1 and Flan-T5 (arXiv:2210.11416), UL2 (arXiv:2205.05131, section 4): an encoder whose tokens all see one another and a decoder that looks at what it made of them. The parameters have
/// the names of Hugging Face's <c>T5ForConditionalGeneration</c>.
/// To its callers it is a prefix decoder (<see cref="LanguageModelSpec.HasPrefix"/>): what comes before the answer, soft tokens included, goes to the encoder, as in BLIP-2 (arXiv:2301.12597, section 3.2) with Flan-T5;
/// the rest, shifted behind the start token, to the decoder, with whatever of a conversation follows its first answer. Its hidden states lie at the positions before the tokens that they foretell, and are zero within the question.
/// </summary>
public sealed class T5LanguageModel : NamedModule, ILanguageModel
{
    private readonly TokenEmbedding shared;
    private readonly LinearLayer? head;
    private readonly int startToken;

    /// <summary>Makes the model; its parameters have no values yet.</summary>
    /// <param name="sizes">Sizes and switches.</param>
    /// <param name="scope">The root of its parameters.</param>
    public T5LanguageModel(T5Architecture sizes, ModuleScope scope)
        : base(nameof(T5LanguageModel))
    {
        // Positions are distances, without an end.
        Spec = new LanguageModelSpec(sizes.DModel, sizes.VocabSize, sizes.DecoderLayers, int.MaxValue, HasPrefix: true) { TakesLayerFusion = false, IsEncoderDecoder = true, TiedHead = sizes.TieWordEmbeddings ? 1 / Math.Sqrt(sizes.DModel) : null };
        startToken = sizes.StartToken;
        shared = Add("shared", new TokenEmbedding(sizes.VocabSize, sizes.DModel, scope.Child("shared")));
        Encoder = Add("encoder", new T5Stack(isDecoder: false, sizes, scope.Child("encoder")));
        Decoder = Add("decoder", new T5Stack(isDecoder: true, sizes, scope.Child("decoder")));
        if (!sizes.TieWordEmbeddings) head = Add("lm_head", scope.Child("lm_head").Linear(sizes.DModel, sizes.VocabSize, bias: false));
    }

    /// <inheritdoc/>
    public LanguageModelSpec Spec { get; }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>Reads the question.</summary>
    internal T5Stack Encoder { get; }

    /// <summary>Writes the answer.</summary>
    internal T5Stack Decoder { get; }

    /// <summary>Builds the model and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static T5LanguageModel Create(T5Options options, LanguageModelContext context) =>
        LanguageModelSource.Create<T5Architecture, T5LanguageModel>(options, context, (sizes, scope) => new T5LanguageModel(sizes, scope));

    /// <inheritdoc/>
    public Tensor Embed(Tensor ids) => shared.Forward(ids);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">A cache is begun with rows that have more of their answer than others.</exception>
    public Tensor Decode(Tensor embeddings, DecoderInput input)
    {
        if (input.Cache is { Length: > 0 } cache) return GoOn(embeddings, input, cache);
        var rows = new QuestionRows(embeddings, input);
        var question = Read(rows, embeddings, input.AdapterMask);
        if (input.Cache is not null) rows.RequireEqualAnswers();
        input.Cache?.KeepQuestion(question.Mask);
        var answer = rows.Answers(embeddings, Embed(full([1, 1], startToken, ScalarType.Int64, embeddings.device))); // [B, A, D]
        var media = input.AdapterMask is { } mask ? rows.Answers(mask, zeros([1, 1], ScalarType.Bool, mask.device)) : null; // [B, A]
        return Write(answer, new T5Pass(CausalMask(answer, past: 0), DecoderPass.MediaRowsOf(media), input.Cache, question), input, rows.InText);
    }

    /// <inheritdoc/>
    public Tensor Logits(Tensor hidden) => head is null ? DenseLinear.Apply(hidden.mul(1 / Math.Sqrt(Spec.Width)), shared.Weight, bias: null) : head.Forward(hidden);

    /// <summary>The encoder: all tokens of a question see one another.</summary>
    private T5Question Read(QuestionRows rows, Tensor embeddings, Tensor? adapterMask)
    {
        var media = adapterMask is null ? null : DecoderPass.MediaRowsOf(rows.Questions(adapterMask).logical_and(rows.IsQuestion));
        var (states, mask) = Encoder.Read(rows.Questions(embeddings), rows.IsQuestion, media);         // [B, E, D], [B, 1, 1, E]
        return new T5Question(states, mask, media);
    }

    /// <summary>More tokens of the answers whose beginnings the cache holds: [B, T, D], or [S, D] at the wanted positions.</summary>
    private Tensor GoOn(Tensor embeddings, DecoderInput input, KeyValueCache cache)
    {
        var pass = new T5Pass(CausalMask(embeddings, cache.Length), DecoderPass.MediaRowsOf(input.AdapterMask), cache, new T5Question(States: null, cache.QuestionMask!));
        return Write(embeddings, pass, input, (states, wanted) => wanted is null ? states : states.reshape(-1, states.shape[2]).index_select(0, wanted));
    }

    /// <summary>The decoder, its states brought to the positions of the text.</summary>
    private Tensor Write(Tensor answer, T5Pass pass, DecoderInput input, Func<Tensor, Tensor?, Tensor> inText)
    {
        input.Observe?.Invoke(0, inText(answer, null));
        var states = Decoder.Run(answer, pass, input.Observe is null ? null : (layer, state) => input.Observe(layer, inText(state, layer == Spec.Layers ? input.Wanted : null)));
        input.Cache?.Advance((int)answer.shape[1]);
        return Decoder.Norm(inText(states, input.Wanted));
    }

    private Tensor CausalMask(Tensor x, int past)
    {
        var biases = Decoder.Positions.Biases(x.shape[1], past);                                       // [1, heads, T, P + T]
        return Attention.CausalMask(x.shape[1], past, attended: null, x.dtype, x.device) is { } mask ? biases.add(mask) : biases;
    }
}
