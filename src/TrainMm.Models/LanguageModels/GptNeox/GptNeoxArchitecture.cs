using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;

namespace TrainMm.Models.LanguageModels.GptNeox;

/// <summary>The sizes and switches of a GPT-NeoX, named and defaulted as in Hugging Face's <c>GPTNeoXConfig</c>.</summary>
public sealed class GptNeoxArchitecture : IArchitecture<GptNeoxArchitecture>, IValidatable
{
    /// <summary>V, rows of the embedding table.</summary>
    [AtLeast(1)]
    public int VocabSize { get; init; } = 50432;

    /// <summary>D, the width of the hidden states.</summary>
    [AtLeast(1)]
    public int HiddenSize { get; init; } = 6144;

    /// <summary>Width between the feed-forward layer's projections.</summary>
    [AtLeast(1)]
    public int IntermediateSize { get; init; } = 24576;

    /// <summary>L, decoder layers.</summary>
    [AtLeast(1)]
    public int NumHiddenLayers { get; init; } = 44;

    /// <summary>Query heads.</summary>
    [AtLeast(1)]
    public int NumAttentionHeads { get; init; } = 64;

    /// <summary>The feed-forward layer's activation.</summary>
    public string HiddenAct { get; init; } = "gelu";

    /// <summary>The share of a head's dimensions that turn.</summary>
    [Above(0)]
    public double RotaryPct { get; init; } = 0.25;

    /// <summary>The base of the rotary frequencies.</summary>
    [Above(0)]
    public double RotaryEmbBase { get; init; } = 10000;

    /// <summary>How the rotary embedding is stretched; null is not at all.</summary>
    public RotaryScalingOptions? RopeScaling { get; init; }

    /// <summary>The longest sequence that it was trained on.</summary>
    [AtLeast(1)]
    public int MaxPositionEmbeddings { get; init; } = 2048;

    /// <summary>ε of the norms.</summary>
    [Above(0)]
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>Whether attention and feed-forward layer stand side by side, and not one after the other.</summary>
    public bool UseParallelResidual { get; init; } = true;

    /// <summary>Whether the attention's projections have biases.</summary>
    public bool AttentionBias { get; init; } = true;

    /// <summary>Whether the head is the embedding table.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Standard deviation of random weights.</summary>
    [Above(0)]
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Reads a <c>config.json</c> of its own or of a LLaVA.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no GPT-NeoX, or a value cannot be.</exception>
    public static GptNeoxArchitecture Read(HuggingFaceConfig file)
    {
        var config = LanguageModelSource.Section(file, "gpt_neox", "GPT-NeoX");
        var read = new GptNeoxArchitecture
        {
            VocabSize = config.Integer("vocab_size", 50432),
            HiddenSize = config.Integer("hidden_size", 6144),
            IntermediateSize = config.Integer("intermediate_size", 24576),
            NumHiddenLayers = config.Integer("num_hidden_layers", 44),
            NumAttentionHeads = config.Integer("num_attention_heads", 64),
            HiddenAct = config.Text("hidden_act", "gelu"),
            RotaryPct = config.Number("rotary_pct", 0.25),
            RotaryEmbBase = config.Number("rotary_emb_base", 10000),
            RopeScaling = RotaryScalingOptions.Read(config),
            MaxPositionEmbeddings = config.Integer("max_position_embeddings", 2048),
            LayerNormEps = config.Number("layer_norm_eps", 1e-5),
            UseParallelResidual = config.Flag("use_parallel_residual", true),
            AttentionBias = config.Flag("attention_bias", true),
            TieWordEmbeddings = config.Flag("tie_word_embeddings", false),
            InitializerRange = config.Number("initializer_range", 0.02),
        };
        read.Problems().ThrowIn(config);
        return read;
    }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => Problems().Report(checks);

    /// <summary>Width of a head.</summary>
    internal int HeadWidth => HiddenSize / NumAttentionHeads;

    /// <summary>Dimensions of a head that turn.</summary>
    internal int RotaryWidth => (int)(HeadWidth * RotaryPct);

    /// <inheritdoc/>
    double IArchitecture<GptNeoxArchitecture>.StandardDeviation => InitializerRange;

    /// <inheritdoc/>
    IReadOnlyList<KeyMap> IArchitecture<GptNeoxArchitecture>.Layouts => LanguageModelLayout.For("gpt_neox.", "embed_out.", TieWordEmbeddings, ".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq");

    private ArchitectureProblems Problems() => new ArchitectureProblems()
        .Heads(nameof(NumAttentionHeads), HiddenSize, NumAttentionHeads)
        .Add(RotaryWidth is 0 || RotaryWidth % 2 != 0 || RotaryWidth > HeadWidth, nameof(RotaryPct), $"makes {RotaryWidth} of {HeadWidth} dimensions turn; they turn in pairs")
        .Activations(nameof(HiddenAct), HiddenAct);
}
