using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.LanguageModels.Llama;

namespace TrainMm.Models.LanguageModels.Palm;

/// <summary>The sizes of a PaLM. There is no published configuration: the keys are those that Hugging Face's classes would use, the defaults the 8 billion parameters of the paper's table 1.</summary>
public sealed class PalmArchitecture : IArchitecture<PalmArchitecture>, IValidatable
{
    /// <summary>V, rows of the embedding table.</summary>
    [AtLeast(1)]
    public int VocabSize { get; init; } = 256000;

    /// <summary>D, the width of the hidden states.</summary>
    [AtLeast(1)]
    public int HiddenSize { get; init; } = 4096;

    /// <summary>Width between the feed-forward layer's projections.</summary>
    [AtLeast(1)]
    public int IntermediateSize { get; init; } = 16384;

    /// <summary>L, decoder layers.</summary>
    [AtLeast(1)]
    public int NumHiddenLayers { get; init; } = 32;

    /// <summary>Query heads.</summary>
    [AtLeast(1)]
    public int NumAttentionHeads { get; init; } = 16;

    /// <summary>Width of a head; all query heads share one key head and one value head.</summary>
    [AtLeast(2)]
    public int HeadDim { get; init; } = 256;

    /// <summary>The longest sequence that it was trained on.</summary>
    [AtLeast(1)]
    public int MaxPositionEmbeddings { get; init; } = 2048;

    /// <summary>ε of the norms.</summary>
    [Above(0)]
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>The base of the rotary frequencies.</summary>
    [Above(0)]
    public double RopeTheta { get; init; } = 10000;

    /// <summary>Standard deviation of random weights.</summary>
    [Above(0)]
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Reads a <c>config.json</c> of this project's own.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no PaLM, or a value cannot be.</exception>
    public static PalmArchitecture Read(HuggingFaceConfig file)
    {
        var config = LanguageModelSource.Section(file, "palm", "PaLM");
        var read = new PalmArchitecture
        {
            VocabSize = config.Integer("vocab_size", 256000),
            HiddenSize = config.Integer("hidden_size", 4096),
            IntermediateSize = config.Integer("intermediate_size", 16384),
            NumHiddenLayers = config.Integer("num_hidden_layers", 32),
            NumAttentionHeads = config.Integer("num_attention_heads", 16),
            HeadDim = config.Integer("head_dim", 256),
            MaxPositionEmbeddings = config.Integer("max_position_embeddings", 2048),
            LayerNormEps = config.Number("layer_norm_eps", 1e-5),
            RopeTheta = config.Number("rope_theta", 10000),
            InitializerRange = config.Number("initializer_range", 0.02),
        };
        read.Problems().ThrowIn(config);
        return read;
    }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => Problems().Report(checks);

    /// <inheritdoc/>
    double IArchitecture<PalmArchitecture>.StandardDeviation => InitializerRange;

    /// <inheritdoc/>
    IReadOnlyList<KeyMap> IArchitecture<PalmArchitecture>.Layouts => LanguageModelLayout.For("model.", "lm_head.", tied: true);

    /// <summary>What attention and feed-forward layer are made of: LLaMA's.</summary>
    internal LlamaSizes ToSizes() => new()
    {
        Vocabulary = VocabSize,
        Width = HiddenSize,
        Intermediate = IntermediateSize,
        Layers = NumHiddenLayers,
        Heads = NumAttentionHeads,
        KeyHeads = 1,
        HeadWidth = HeadDim,
        Activation = "silu",
        MaxPositions = MaxPositionEmbeddings,
        NormEpsilon = LayerNormEps,
        RotaryBase = RopeTheta,
        Tied = true,
    };

    private ArchitectureProblems Problems() => new ArchitectureProblems().RotaryHeads(nameof(HeadDim), HiddenSize, NumAttentionHeads, HeadDim);
}
