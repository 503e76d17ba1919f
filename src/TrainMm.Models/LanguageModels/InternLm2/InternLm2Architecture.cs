using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.LanguageModels.Llama;
using TrainMm.Models.Layers;

namespace TrainMm.Models.LanguageModels.InternLm2;

/// <summary>The sizes and switches of an InternLM2, named and defaulted as in its <c>InternLM2Config</c>.</summary>
public sealed class InternLm2Architecture : IArchitecture<InternLm2Architecture>, IValidatable
{
    /// <summary>V, rows of the embedding table.</summary>
    [AtLeast(1)]
    public int VocabSize { get; init; } = 103168;

    /// <summary>D, the width of the hidden states.</summary>
    [AtLeast(1)]
    public int HiddenSize { get; init; } = 4096;

    /// <summary>Width between the feed-forward layer's projections.</summary>
    [AtLeast(1)]
    public int IntermediateSize { get; init; } = 11008;

    /// <summary>L, decoder layers.</summary>
    [AtLeast(1)]
    public int NumHiddenLayers { get; init; } = 32;

    /// <summary>Query heads.</summary>
    [AtLeast(1)]
    public int NumAttentionHeads { get; init; } = 32;

    /// <summary>Key and value heads, each shared by a group of query heads (GQA, arXiv:2305.13245); null is one for each query head.</summary>
    [AtLeast(1)]
    public int? NumKeyValueHeads { get; init; }

    /// <summary>The feed-forward layer's activation.</summary>
    public string HiddenAct { get; init; } = "silu";

    /// <summary>The longest sequence that it was trained on.</summary>
    [AtLeast(1)]
    public int MaxPositionEmbeddings { get; init; } = 2048;

    /// <summary>ε of the norms.</summary>
    [Above(0)]
    public double RmsNormEps { get; init; } = 1e-6;

    /// <summary>The base of the rotary frequencies.</summary>
    [Above(0)]
    public double RopeTheta { get; init; } = 10000;

    /// <summary>How the rotary embedding is stretched; null is not at all.</summary>
    public RotaryScalingOptions? RopeScaling { get; init; }

    /// <summary>Whether the attention's projections have biases.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Whether the head is the embedding table.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Standard deviation of random weights.</summary>
    [Above(0)]
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Reads a <c>config.json</c> of its own or of a LLaVA.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no InternLM2, or a value cannot be.</exception>
    public static InternLm2Architecture Read(HuggingFaceConfig file)
    {
        var config = LanguageModelSource.Section(file, "internlm2", "InternLM2");
        var read = new InternLm2Architecture
        {
            VocabSize = config.Integer("vocab_size", 103168),
            HiddenSize = config.Integer("hidden_size", 4096),
            IntermediateSize = config.Integer("intermediate_size", 11008),
            NumHiddenLayers = config.Integer("num_hidden_layers", 32),
            NumAttentionHeads = config.Integer("num_attention_heads", 32),
            NumKeyValueHeads = config.Has("num_key_value_heads") ? config.Integer("num_key_value_heads") : null,
            HiddenAct = config.Text("hidden_act", "silu"),
            MaxPositionEmbeddings = config.Integer("max_position_embeddings", 2048),
            RmsNormEps = config.Number("rms_norm_eps", 1e-6),
            RopeTheta = config.Number("rope_theta", 10000),
            RopeScaling = RotaryScalingOptions.Read(config),
            Bias = config.Flag("bias", true),
            TieWordEmbeddings = config.Flag("tie_word_embeddings", false),
            InitializerRange = config.Number("initializer_range", 0.02),
        };
        read.Problems().ThrowIn(config);
        return read;
    }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => Problems().Report(checks);

    /// <summary>Key and value heads, whether given or not.</summary>
    internal int KeyHeads => NumKeyValueHeads ?? NumAttentionHeads;

    /// <inheritdoc/>
    double IArchitecture<InternLm2Architecture>.StandardDeviation => InitializerRange;

    /// <inheritdoc/>
    IReadOnlyList<KeyMap> IArchitecture<InternLm2Architecture>.Layouts => LanguageModelLayout.For("model.", "output.", TieWordEmbeddings, ".rotary_emb.inv_freq");

    /// <summary>What the decoder is made of.</summary>
    internal LlamaSizes ToSizes() => new()
    {
        Vocabulary = VocabSize,
        Width = HiddenSize,
        Intermediate = IntermediateSize,
        Layers = NumHiddenLayers,
        Heads = NumAttentionHeads,
        KeyHeads = KeyHeads,
        HeadWidth = HiddenSize / NumAttentionHeads,
        Activation = HiddenAct,
        MaxPositions = MaxPositionEmbeddings,
        NormEpsilon = RmsNormEps,
        RotaryBase = RopeTheta,
        Rotary = RopeScaling?.Create(MaxPositionEmbeddings) ?? RotaryScaling.None,
        InputBias = Bias,
        OutputBias = Bias,
        Tied = TieWordEmbeddings,
        Names = new()
        {
            Tokens = "tok_embeddings",
            Attention = "attention",
            AttentionNorm = "attention_norm",
            FeedForward = "feed_forward",
            FeedForwardNorm = "ffn_norm",
            Gate = "w1",
            Up = "w3",
            Down = "w2",
            Head = "output",
        },
        Attention = (sizes, layer, scope) => new InternLm2Attention(sizes, layer, scope),
    };

    private ArchitectureProblems Problems() => new ArchitectureProblems()
        .RotaryHeads(nameof(NumAttentionHeads), HiddenSize, NumAttentionHeads)
        .KeyHeads(nameof(NumKeyValueHeads), NumAttentionHeads, KeyHeads)
        .Activations(nameof(HiddenAct), HiddenAct);
}
