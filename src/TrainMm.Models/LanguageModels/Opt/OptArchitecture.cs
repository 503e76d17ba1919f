using System.Text.Json.Serialization;
using TrainMm.Core.Config;
using TrainMm.Core.Weights;

namespace TrainMm.Models.LanguageModels.Opt;

/// <summary>The sizes and switches of an OPT, named and defaulted as in Hugging Face's <c>OPTConfig</c>.</summary>
public sealed class OptArchitecture : IArchitecture<OptArchitecture>, IValidatable
{
    /// <summary>V, rows of the embedding table.</summary>
    [AtLeast(1)]
    public int VocabSize { get; init; } = 50272;

    /// <summary>D, the width of the hidden states.</summary>
    [AtLeast(1)]
    public int HiddenSize { get; init; } = 768;

    /// <summary>L, decoder layers.</summary>
    [AtLeast(1)]
    public int NumHiddenLayers { get; init; } = 12;

    /// <summary>Query heads.</summary>
    [AtLeast(1)]
    public int NumAttentionHeads { get; init; } = 12;

    /// <summary>Width between the feed-forward layer's projections.</summary>
    [AtLeast(1)]
    public int FfnDim { get; init; } = 3072;

    /// <summary>The longest sequence that it was trained on.</summary>
    [AtLeast(1)]
    public int MaxPositionEmbeddings { get; init; } = 2048;

    /// <summary>Width of the embedding table and of the head, where it is another than D; null is D.</summary>
    [AtLeast(1)]
    public int? WordEmbedProjDim { get; init; }

    /// <summary>Whether norms stand before attention and feed-forward layer; otherwise behind them, as in the size of 350 million.</summary>
    public bool DoLayerNormBefore { get; init; } = true;

    /// <summary>Whether the last norm is left out.</summary>
    [JsonPropertyName("_remove_final_layer_norm")]
    public bool RemoveFinalLayerNorm { get; init; }

    /// <summary>Whether projections have biases.</summary>
    public bool EnableBias { get; init; } = true;

    /// <summary>Whether norms have weight and bias.</summary>
    public bool LayerNormElementwiseAffine { get; init; } = true;

    /// <summary>The feed-forward layer's activation.</summary>
    public string ActivationFunction { get; init; } = "relu";

    /// <summary>Whether the head is the embedding table.</summary>
    public bool TieWordEmbeddings { get; init; } = true;

    /// <summary>Standard deviation of random weights.</summary>
    [Above(0)]
    public double InitStd { get; init; } = 0.02;

    /// <summary>Reads a <c>config.json</c> of its own or of a LLaVA.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no OPT, or a value cannot be.</exception>
    public static OptArchitecture Read(HuggingFaceConfig file)
    {
        var config = LanguageModelSource.Section(file, "opt", "OPT");
        var read = new OptArchitecture
        {
            VocabSize = config.Integer("vocab_size", 50272),
            HiddenSize = config.Integer("hidden_size", 768),
            NumHiddenLayers = config.Integer("num_hidden_layers", 12),
            NumAttentionHeads = config.Integer("num_attention_heads", 12),
            FfnDim = config.Integer("ffn_dim", 3072),
            MaxPositionEmbeddings = config.Integer("max_position_embeddings", 2048),
            WordEmbedProjDim = config.Has("word_embed_proj_dim") ? config.Integer("word_embed_proj_dim") : null,
            DoLayerNormBefore = config.Flag("do_layer_norm_before", true),
            RemoveFinalLayerNorm = config.Flag("_remove_final_layer_norm", false),
            EnableBias = config.Flag("enable_bias", true),
            LayerNormElementwiseAffine = config.Flag("layer_norm_elementwise_affine", true),
            ActivationFunction = config.Text("activation_function", "relu"),
            TieWordEmbeddings = config.Flag("tie_word_embeddings", true),
            InitStd = config.Number("init_std", 0.02),
        };
        read.Problems().ThrowIn(config);
        return read;
    }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => Problems().Report(checks);

    /// <summary>Width of the embedding table, whether given or not.</summary>
    internal int TableWidth => WordEmbedProjDim ?? HiddenSize;

    /// <inheritdoc/>
    double IArchitecture<OptArchitecture>.StandardDeviation => InitStd;

    /// <inheritdoc/>
    IReadOnlyList<KeyMap> IArchitecture<OptArchitecture>.Layouts => OptLayout.For(TieWordEmbeddings);

    private ArchitectureProblems Problems() => new ArchitectureProblems()
        .Heads(nameof(NumAttentionHeads), HiddenSize, NumAttentionHeads)
        .Activations(nameof(ActivationFunction), ActivationFunction);
}
