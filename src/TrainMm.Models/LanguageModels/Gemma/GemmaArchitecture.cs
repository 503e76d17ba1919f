using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.LanguageModels.Llama;

namespace TrainMm.Models.LanguageModels.Gemma;

/// <summary>The sizes and switches of a Gemma, named and defaulted as in Hugging Face's <c>GemmaConfig</c>.</summary>
public sealed class GemmaArchitecture : IArchitecture<GemmaArchitecture>, IValidatable
{
    /// <summary>V, rows of the embedding table.</summary>
    [AtLeast(1)]
    public int VocabSize { get; init; } = 256000;

    /// <summary>D, the width of the hidden states.</summary>
    [AtLeast(1)]
    public int HiddenSize { get; init; } = 3072;

    /// <summary>Width between the feed-forward layer's projections.</summary>
    [AtLeast(1)]
    public int IntermediateSize { get; init; } = 24576;

    /// <summary>L, decoder layers.</summary>
    [AtLeast(1)]
    public int NumHiddenLayers { get; init; } = 28;

    /// <summary>Query heads.</summary>
    [AtLeast(1)]
    public int NumAttentionHeads { get; init; } = 16;

    /// <summary>Key and value heads, each shared by a group of query heads (GQA, arXiv:2305.13245).</summary>
    [AtLeast(1)]
    public int NumKeyValueHeads { get; init; } = 16;

    /// <summary>Width of a head.</summary>
    [AtLeast(2)]
    public int HeadDim { get; init; } = 256;

    /// <summary>The feed-forward layer's activation; <c>hidden_act</c>, which older files have as well, is not looked at.</summary>
    public string HiddenActivation { get; init; } = "gelu_pytorch_tanh";

    /// <summary>The longest sequence that it was trained on.</summary>
    [AtLeast(1)]
    public int MaxPositionEmbeddings { get; init; } = 8192;

    /// <summary>ε of the norms.</summary>
    [Above(0)]
    public double RmsNormEps { get; init; } = 1e-6;

    /// <summary>The base of the rotary frequencies.</summary>
    [Above(0)]
    public double RopeTheta { get; init; } = 10000;

    /// <summary>Whether the attention's projections have biases.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether the head is the embedding table.</summary>
    public bool TieWordEmbeddings { get; init; } = true;

    /// <summary>Standard deviation of random weights.</summary>
    [Above(0)]
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Reads a <c>config.json</c> of its own or of a LLaVA.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no Gemma, or a value cannot be.</exception>
    public static GemmaArchitecture Read(HuggingFaceConfig file)
    {
        var config = LanguageModelSource.Section(file, "gemma", "Gemma");
        var read = new GemmaArchitecture
        {
            VocabSize = config.Integer("vocab_size", 256000),
            HiddenSize = config.Integer("hidden_size", 3072),
            IntermediateSize = config.Integer("intermediate_size", 24576),
            NumHiddenLayers = config.Integer("num_hidden_layers", 28),
            NumAttentionHeads = config.Integer("num_attention_heads", 16),
            NumKeyValueHeads = config.Integer("num_key_value_heads", 16),
            HeadDim = config.Integer("head_dim", 256),
            HiddenActivation = config.Text("hidden_activation", "gelu_pytorch_tanh"),
            MaxPositionEmbeddings = config.Integer("max_position_embeddings", 8192),
            RmsNormEps = config.Number("rms_norm_eps", 1e-6),
            RopeTheta = config.Number("rope_theta", 10000),
            AttentionBias = config.Flag("attention_bias", false),
            TieWordEmbeddings = config.Flag("tie_word_embeddings", true),
            InitializerRange = config.Number("initializer_range", 0.02),
        };
        read.Problems().ThrowIn(config);
        return read;
    }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => Problems().Report(checks);

    /// <inheritdoc/>
    double IArchitecture<GemmaArchitecture>.NormWeight => 0;

    /// <inheritdoc/>
    double IArchitecture<GemmaArchitecture>.StandardDeviation => InitializerRange;

    /// <inheritdoc/>
    IReadOnlyList<KeyMap> IArchitecture<GemmaArchitecture>.Layouts => LlamaLayout.For(TieWordEmbeddings);

    /// <summary>What the decoder is made of.</summary>
    internal LlamaSizes ToSizes() => new()
    {
        Vocabulary = VocabSize,
        Width = HiddenSize,
        Intermediate = IntermediateSize,
        Layers = NumHiddenLayers,
        Heads = NumAttentionHeads,
        KeyHeads = NumKeyValueHeads,
        HeadWidth = HeadDim,
        Activation = HiddenActivation,
        MaxPositions = MaxPositionEmbeddings,
        NormEpsilon = RmsNormEps,
        RotaryBase = RopeTheta,
        InputBias = AttentionBias,
        OutputBias = AttentionBias,
        Tied = TieWordEmbeddings,
        NormOffset = 1,
        EmbeddingScale = Math.Sqrt(HiddenSize),
    };

    private ArchitectureProblems Problems() => new ArchitectureProblems()
        .RotaryHeads(nameof(HeadDim), HiddenSize, NumAttentionHeads, HeadDim)
        .KeyHeads(nameof(NumKeyValueHeads), NumAttentionHeads, NumKeyValueHeads)
        .Activations(nameof(HiddenActivation), HiddenActivation);
}
