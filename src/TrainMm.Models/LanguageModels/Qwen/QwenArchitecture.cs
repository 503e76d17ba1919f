using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.LanguageModels.Llama;
using TrainMm.Models.Layers;

namespace TrainMm.Models.LanguageModels.Qwen;

/// <summary>The sizes and switches of a Qwen, named and defaulted as in its <c>QWenConfig</c>.</summary>
public sealed class QwenArchitecture : IArchitecture<QwenArchitecture>, IValidatable
{
    /// <summary>V, rows of the embedding table.</summary>
    [AtLeast(1)]
    public int VocabSize { get; init; } = 151936;

    /// <summary>D, the width of the hidden states.</summary>
    [AtLeast(1)]
    public int HiddenSize { get; init; } = 4096;

    /// <summary>Width of both projections to the feed-forward layer's inner space together; each has half of it.</summary>
    [AtLeast(2)]
    public int IntermediateSize { get; init; } = 22016;

    /// <summary>L, decoder layers.</summary>
    [AtLeast(1)]
    public int NumHiddenLayers { get; init; } = 32;

    /// <summary>Query heads.</summary>
    [AtLeast(1)]
    public int NumAttentionHeads { get; init; } = 32;

    /// <summary>Width of a head.</summary>
    [AtLeast(2)]
    public int KvChannels { get; init; } = 128;

    /// <summary>The longest sequence that it was trained on.</summary>
    [AtLeast(1)]
    public int MaxPositionEmbeddings { get; init; } = 8192;

    /// <summary>The longest sequence of pre-training, from which on scores and rotary frequencies are stretched.</summary>
    [AtLeast(2)]
    public int SeqLength { get; init; } = 8192;

    /// <summary>ε of the norms.</summary>
    [Above(0)]
    public double LayerNormEpsilon { get; init; } = 1e-6;

    /// <summary>The share of a head's dimensions that turn.</summary>
    [Above(0)]
    public double RotaryPct { get; init; } = 1;

    /// <summary>The base of the rotary frequencies.</summary>
    [Above(0)]
    public double RotaryEmbBase { get; init; } = 10000;

    /// <summary>Whether the rotary base grows with texts longer than seq_length.</summary>
    public bool UseDynamicNtk { get; init; } = true;

    /// <summary>Whether queries beyond seq_length are scaled by the logarithm of their position.</summary>
    public bool UseLognAttn { get; init; } = true;

    /// <summary>Whether projections, but for those to queries, keys and values, are without biases.</summary>
    public bool NoBias { get; init; } = true;

    /// <summary>Whether the head is the embedding table.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Standard deviation of random weights.</summary>
    [Above(0)]
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Reads a <c>config.json</c> of its own or of a LLaVA.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no Qwen, or a value cannot be.</exception>
    public static QwenArchitecture Read(HuggingFaceConfig file)
    {
        var config = LanguageModelSource.Section(file, "qwen", "Qwen");
        var read = new QwenArchitecture
        {
            VocabSize = config.Integer("vocab_size", 151936),
            HiddenSize = config.Integer("hidden_size", 4096),
            IntermediateSize = config.Integer("intermediate_size", 22016),
            NumHiddenLayers = config.Integer("num_hidden_layers", 32),
            NumAttentionHeads = config.Integer("num_attention_heads", 32),
            KvChannels = config.Integer("kv_channels", 128),
            MaxPositionEmbeddings = config.Integer("max_position_embeddings", 8192),
            SeqLength = config.Integer("seq_length", 8192),
            LayerNormEpsilon = config.Number("layer_norm_epsilon", 1e-6),
            RotaryPct = config.Number("rotary_pct", 1),
            RotaryEmbBase = config.Number("rotary_emb_base", 10000),
            UseDynamicNtk = config.Flag("use_dynamic_ntk", true),
            UseLognAttn = config.Flag("use_logn_attn", true),
            NoBias = config.Flag("no_bias", true),
            TieWordEmbeddings = config.Flag("tie_word_embeddings", false),
            InitializerRange = config.Number("initializer_range", 0.02),
        };
        read.Problems().ThrowIn(config);
        return read;
    }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => Problems().Report(checks);

    /// <summary>Dimensions of a head that turn.</summary>
    internal int RotaryWidth => (int)(KvChannels * RotaryPct);

    /// <inheritdoc/>
    double IArchitecture<QwenArchitecture>.StandardDeviation => InitializerRange;

    /// <inheritdoc/>
    IReadOnlyList<KeyMap> IArchitecture<QwenArchitecture>.Layouts => LanguageModelLayout.For("transformer.", "lm_head.", TieWordEmbeddings, ".rotary_emb.inv_freq", ".attn.masked_bias");

    /// <summary>What the decoder is made of.</summary>
    internal LlamaSizes ToSizes() => new()
    {
        Vocabulary = VocabSize,
        Width = HiddenSize,
        Intermediate = IntermediateSize / 2,
        Layers = NumHiddenLayers,
        Heads = NumAttentionHeads,
        KeyHeads = NumAttentionHeads,
        HeadWidth = KvChannels,
        Activation = "silu",
        MaxPositions = MaxPositionEmbeddings,
        NormEpsilon = LayerNormEpsilon,
        RotaryBase = RotaryEmbBase,
        RotaryWidth = RotaryWidth,
        Rotary = UseDynamicNtk ? new QwenRotaryScaling(SeqLength) : RotaryScaling.None,
        RotaryInTraining = RotaryScaling.None,
        InputBias = true,
        OutputBias = !NoBias,
        FeedForwardBias = !NoBias,
        Tied = TieWordEmbeddings,
        Names = new()
        {
            Root = "transformer",
            Tokens = "wte",
            Layers = "h",
            Attention = "attn",
            AttentionNorm = "ln_1",
            FeedForwardNorm = "ln_2",
            Gate = "w2",
            Up = "w1",
            Down = "c_proj",
            Norm = "ln_f",
        },
        Attention = (sizes, layer, scope) => new QwenAttention(sizes, UseLognAttn ? SeqLength : null, layer, scope),
    };

    private ArchitectureProblems Problems() => new ArchitectureProblems()
        .Add(NumAttentionHeads * KvChannels != HiddenSize, nameof(KvChannels), $"makes {NumAttentionHeads} heads {NumAttentionHeads * KvChannels} wide together; the hidden states are {HiddenSize} wide")
        .Add(RotaryWidth is 0 || RotaryWidth % 2 != 0 || RotaryWidth > KvChannels, nameof(RotaryPct), $"makes {RotaryWidth} of {KvChannels} dimensions turn; they turn in pairs")
        .Add(IntermediateSize % 2 != 0, nameof(IntermediateSize), $"is {IntermediateSize}, which has no half");
}
