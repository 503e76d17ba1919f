using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;

namespace TrainMm.Models.LanguageModels.Llama;

/// <summary>The sizes and switches of a LLaMA, named and defaulted as in Hugging Face's <c>LlamaConfig</c>.</summary>
public sealed class LlamaArchitecture : IArchitecture<LlamaArchitecture>, IValidatable
{
    /// <summary>V, rows of the embedding table.</summary>
    [AtLeast(1)]
    public int VocabSize { get; init; } = 32000;

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

    /// <summary>Width of a head; null is hidden_size / num_attention_heads.</summary>
    [AtLeast(2)]
    public int? HeadDim { get; init; }

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
    public bool AttentionBias { get; init; }

    /// <summary>Whether the feed-forward layer's projections have biases.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Whether the head is the embedding table.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Standard deviation of random weights.</summary>
    [Above(0)]
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Key and value heads, whether given or not.</summary>
    internal int KeyValueHeads => NumKeyValueHeads ?? NumAttentionHeads;

    /// <summary>Width of a head, whether given or not.</summary>
    internal int HeadWidth => HeadDim ?? HiddenSize / NumAttentionHeads;

    /// <inheritdoc/>
    double IArchitecture<LlamaArchitecture>.StandardDeviation => InitializerRange;

    /// <inheritdoc/>
    IReadOnlyList<KeyMap> IArchitecture<LlamaArchitecture>.Layouts => LlamaLayout.For(TieWordEmbeddings);

    /// <summary>Reads a <c>config.json</c>: LLaMA's own, LLaVA's in its original form (the same keys) or in Hugging Face's (<c>text_config</c>).</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no LLaMA, or a value is of another type.</exception>
    public static LlamaArchitecture Read(HuggingFaceConfig file)
    {
        var config = LanguageModelSource.Section(file, "llama", "LLaMA");
        var read = new LlamaArchitecture
        {
            VocabSize = config.Integer("vocab_size", 32000),
            HiddenSize = config.Integer("hidden_size", 4096),
            IntermediateSize = config.Integer("intermediate_size", 11008),
            NumHiddenLayers = config.Integer("num_hidden_layers", 32),
            NumAttentionHeads = config.Integer("num_attention_heads", 32),
            NumKeyValueHeads = config.Has("num_key_value_heads") ? config.Integer("num_key_value_heads") : null,
            HeadDim = config.Has("head_dim") ? config.Integer("head_dim") : null,
            HiddenAct = config.Text("hidden_act", "silu"),
            MaxPositionEmbeddings = config.Integer("max_position_embeddings", 2048),
            RmsNormEps = config.Number("rms_norm_eps", 1e-6),
            RopeTheta = config.Number("rope_theta", 10000),
            RopeScaling = RotaryScalingOptions.Read(config),
            AttentionBias = config.Flag("attention_bias", false),
            MlpBias = config.Flag("mlp_bias", false),
            TieWordEmbeddings = config.Flag("tie_word_embeddings", false),
            InitializerRange = config.Number("initializer_range", 0.02),
        };
        read.Problems().ThrowIn(config);
        return read;
    }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => Problems().Report(checks);

    /// <summary>What the decoder is made of.</summary>
    internal LlamaSizes ToSizes() => new()
    {
        Vocabulary = VocabSize,
        Width = HiddenSize,
        Intermediate = IntermediateSize,
        Layers = NumHiddenLayers,
        Heads = NumAttentionHeads,
        KeyHeads = KeyValueHeads,
        HeadWidth = HeadWidth,
        Activation = HiddenAct,
        MaxPositions = MaxPositionEmbeddings,
        NormEpsilon = RmsNormEps,
        RotaryBase = RopeTheta,
        Rotary = RopeScaling?.Create(MaxPositionEmbeddings) ?? RotaryScaling.None,
        InputBias = AttentionBias,
        OutputBias = AttentionBias,
        FeedForwardBias = MlpBias,
        Tied = TieWordEmbeddings,
    };

    private ArchitectureProblems Problems() => new ArchitectureProblems()
        .RotaryHeads(nameof(NumAttentionHeads), HiddenSize, NumAttentionHeads, HeadDim)
        .KeyHeads(nameof(NumKeyValueHeads), NumAttentionHeads, KeyValueHeads)
        .Activations(nameof(HiddenAct), HiddenAct);
}
