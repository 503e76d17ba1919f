using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;

namespace TrainMm.Models.LanguageModels.Phi;

/// <summary>The sizes and switches of a Phi, named and defaulted as in Hugging Face's <c>PhiConfig</c>.</summary>
public sealed class PhiArchitecture : IArchitecture<PhiArchitecture>, IValidatable
{
    /// <summary>V, rows of the embedding table.</summary>
    [AtLeast(1)]
    public int VocabSize { get; init; } = 51200;

    /// <summary>D, the width of the hidden states.</summary>
    [AtLeast(1)]
    public int HiddenSize { get; init; } = 2048;

    /// <summary>Width between the feed-forward layer's projections.</summary>
    [AtLeast(1)]
    public int IntermediateSize { get; init; } = 8192;

    /// <summary>L, decoder layers.</summary>
    [AtLeast(1)]
    public int NumHiddenLayers { get; init; } = 24;

    /// <summary>Query heads.</summary>
    [AtLeast(1)]
    public int NumAttentionHeads { get; init; } = 32;

    /// <summary>Key and value heads, each shared by a group of query heads (GQA, arXiv:2305.13245); null is one for each query head.</summary>
    [AtLeast(1)]
    public int? NumKeyValueHeads { get; init; }

    /// <summary>The feed-forward layer's activation.</summary>
    public string HiddenAct { get; init; } = "gelu_new";

    /// <summary>The longest sequence that it was trained on.</summary>
    [AtLeast(1)]
    public int MaxPositionEmbeddings { get; init; } = 2048;

    /// <summary>ε of the norms.</summary>
    [Above(0)]
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>The base of the rotary frequencies.</summary>
    [Above(0)]
    public double RopeTheta { get; init; } = 10000;

    /// <summary>How the rotary embedding is stretched; null is not at all.</summary>
    public RotaryScalingOptions? RopeScaling { get; init; }

    /// <summary>The share of a head's dimensions that turn.</summary>
    [Above(0)]
    public double PartialRotaryFactor { get; init; } = 0.5;

    /// <summary>Whether each query and key head is normed before it turns.</summary>
    public bool QkLayernorm { get; init; }

    /// <summary>Whether the head is the embedding table.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Standard deviation of random weights.</summary>
    [Above(0)]
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Reads a <c>config.json</c> of its own or of a LLaVA.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no Phi, or a value cannot be.</exception>
    public static PhiArchitecture Read(HuggingFaceConfig file)
    {
        var config = LanguageModelSource.Section(file, "phi", "Phi");
        var read = new PhiArchitecture
        {
            VocabSize = config.Integer("vocab_size", 51200),
            HiddenSize = config.Integer("hidden_size", 2048),
            IntermediateSize = config.Integer("intermediate_size", 8192),
            NumHiddenLayers = config.Integer("num_hidden_layers", 24),
            NumAttentionHeads = config.Integer("num_attention_heads", 32),
            NumKeyValueHeads = config.Has("num_key_value_heads") ? config.Integer("num_key_value_heads") : null,
            HiddenAct = config.Text("hidden_act", "gelu_new"),
            MaxPositionEmbeddings = config.Integer("max_position_embeddings", 2048),
            LayerNormEps = config.Number("layer_norm_eps", 1e-5),
            RopeTheta = config.Number("rope_theta", 10000),
            RopeScaling = RotaryScalingOptions.Read(config),
            PartialRotaryFactor = config.Number("partial_rotary_factor", 0.5),
            QkLayernorm = config.Flag("qk_layernorm", false),
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

    /// <summary>Width of a head.</summary>
    internal int HeadWidth => HiddenSize / NumAttentionHeads;

    /// <summary>Dimensions of a head that turn.</summary>
    internal int RotaryWidth => (int)(HeadWidth * PartialRotaryFactor);

    /// <inheritdoc/>
    double IArchitecture<PhiArchitecture>.StandardDeviation => InitializerRange;

    /// <inheritdoc/>
    IReadOnlyList<KeyMap> IArchitecture<PhiArchitecture>.Layouts => LanguageModelLayout.For("model.", TieWordEmbeddings ? "lm_head.weight" : "lm_head.", TieWordEmbeddings, ".rotary_emb.inv_freq");

    private ArchitectureProblems Problems() => new ArchitectureProblems()
        .Heads(nameof(NumAttentionHeads), HiddenSize, NumAttentionHeads)
        .KeyHeads(nameof(NumKeyValueHeads), NumAttentionHeads, KeyHeads)
        .Add(RotaryWidth is 0 || RotaryWidth % 2 != 0 || RotaryWidth > HeadWidth, nameof(PartialRotaryFactor), $"makes {RotaryWidth} of {HeadWidth} dimensions turn; they turn in pairs")
        .Activations(nameof(HiddenAct), HiddenAct);
}
