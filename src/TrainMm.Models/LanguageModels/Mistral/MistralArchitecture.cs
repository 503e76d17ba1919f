using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.LanguageModels.Llama;

namespace TrainMm.Models.LanguageModels.Mistral;

/// <summary>The sizes and switches of a Mistral, named and defaulted as in Hugging Face's <c>MistralConfig</c>.</summary>
public sealed class MistralArchitecture : IArchitecture<MistralArchitecture>, IValidatable
{
    /// <summary>V, rows of the embedding table.</summary>
    [AtLeast(1)]
    public int VocabSize { get; init; } = 32000;

    /// <summary>D, the width of the hidden states.</summary>
    [AtLeast(1)]
    public int HiddenSize { get; init; } = 4096;

    /// <summary>Width between the feed-forward layer's projections.</summary>
    [AtLeast(1)]
    public int IntermediateSize { get; init; } = 14336;

    /// <summary>L, decoder layers.</summary>
    [AtLeast(1)]
    public int NumHiddenLayers { get; init; } = 32;

    /// <summary>Query heads.</summary>
    [AtLeast(1)]
    public int NumAttentionHeads { get; init; } = 32;

    /// <summary>Key and value heads, each shared by a group of query heads (GQA, arXiv:2305.13245).</summary>
    [AtLeast(1)]
    public int NumKeyValueHeads { get; init; } = 8;

    /// <summary>The feed-forward layer's activation.</summary>
    public string HiddenAct { get; init; } = "silu";

    /// <summary>The longest sequence that it was trained on.</summary>
    [AtLeast(1)]
    public int MaxPositionEmbeddings { get; init; } = 131072;

    /// <summary>ε of the norms.</summary>
    [Above(0)]
    public double RmsNormEps { get; init; } = 1e-6;

    /// <summary>The base of the rotary frequencies.</summary>
    [Above(0)]
    public double RopeTheta { get; init; } = 10000;

    /// <summary>How many tokens back a token sees; null is all.</summary>
    [AtLeast(1)]
    public int? SlidingWindow { get; init; } = 4096;

    /// <summary>Whether the head is the embedding table.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Standard deviation of random weights.</summary>
    [Above(0)]
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Reads a <c>config.json</c> of its own or of a LLaVA.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no Mistral, or a value cannot be.</exception>
    public static MistralArchitecture Read(HuggingFaceConfig file)
    {
        var config = LanguageModelSource.Section(file, "mistral", "Mistral");
        var read = new MistralArchitecture
        {
            VocabSize = config.Integer("vocab_size", 32000),
            HiddenSize = config.Integer("hidden_size", 4096),
            IntermediateSize = config.Integer("intermediate_size", 14336),
            NumHiddenLayers = config.Integer("num_hidden_layers", 32),
            NumAttentionHeads = config.Integer("num_attention_heads", 32),
            NumKeyValueHeads = config.IsNull("num_key_value_heads") ? config.Integer("num_attention_heads", 32) : config.Integer("num_key_value_heads", 8),
            HiddenAct = config.Text("hidden_act", "silu"),
            MaxPositionEmbeddings = config.Integer("max_position_embeddings", 131072),
            RmsNormEps = config.Number("rms_norm_eps", 1e-6),
            RopeTheta = config.Number("rope_theta", 10000),
            SlidingWindow = config.IsNull("sliding_window") ? null : config.Integer("sliding_window", 4096),
            TieWordEmbeddings = config.Flag("tie_word_embeddings", false),
            InitializerRange = config.Number("initializer_range", 0.02),
        };
        read.Problems().ThrowIn(config);
        return read;
    }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => Problems().Report(checks);

    /// <inheritdoc/>
    double IArchitecture<MistralArchitecture>.StandardDeviation => InitializerRange;

    /// <inheritdoc/>
    IReadOnlyList<KeyMap> IArchitecture<MistralArchitecture>.Layouts => LlamaLayout.For(TieWordEmbeddings);

    /// <summary>What the decoder is made of.</summary>
    /// <param name="windowCountsItself">Whether the window counts the token itself.</param>
    internal LlamaSizes ToSizes(bool windowCountsItself) => new()
    {
        Vocabulary = VocabSize,
        Width = HiddenSize,
        Intermediate = IntermediateSize,
        Layers = NumHiddenLayers,
        Heads = NumAttentionHeads,
        KeyHeads = NumKeyValueHeads,
        HeadWidth = HiddenSize / NumAttentionHeads,
        Activation = HiddenAct,
        MaxPositions = MaxPositionEmbeddings,
        NormEpsilon = RmsNormEps,
        RotaryBase = RopeTheta,
        Tied = TieWordEmbeddings,
        Window = Layers.SlidingWindow.Of(SlidingWindow, windowCountsItself),
    };

    private ArchitectureProblems Problems() => new ArchitectureProblems()
        .RotaryHeads(nameof(NumAttentionHeads), HiddenSize, NumAttentionHeads)
        .KeyHeads(nameof(NumKeyValueHeads), NumAttentionHeads, NumKeyValueHeads)
        .Activations(nameof(HiddenAct), HiddenAct);
}
