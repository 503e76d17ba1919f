using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.LanguageModels.Llama;

namespace TrainMm.Models.LanguageModels.Mixtral;

/// <summary>The sizes and switches of a Mixtral, named and defaulted as in Hugging Face's <c>MixtralConfig</c>.</summary>
public sealed class MixtralArchitecture : IArchitecture<MixtralArchitecture>, IValidatable
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
    public double RmsNormEps { get; init; } = 1e-5;

    /// <summary>The base of the rotary frequencies.</summary>
    [Above(0)]
    public double RopeTheta { get; init; } = 1e6;

    /// <summary>How many tokens back a token sees; null is all.</summary>
    [AtLeast(1)]
    public int? SlidingWindow { get; init; }

    /// <summary>E, experts in each layer.</summary>
    [AtLeast(1)]
    public int NumLocalExperts { get; init; } = 8;

    /// <summary>Experts that each token goes through.</summary>
    [AtLeast(1)]
    public int NumExpertsPerTok { get; init; } = 2;

    /// <summary>The weight of the load balancing loss in an objective that takes it.</summary>
    [AtLeast(0)]
    public double RouterAuxLossCoef { get; init; } = 0.001;

    /// <summary>Whether the head is the embedding table.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Standard deviation of random weights.</summary>
    [Above(0)]
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Reads a <c>config.json</c> of its own or of a LLaVA.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no Mixtral, or a value cannot be.</exception>
    public static MixtralArchitecture Read(HuggingFaceConfig file)
    {
        var config = LanguageModelSource.Section(file, "mixtral", "Mixtral");
        var read = new MixtralArchitecture
        {
            VocabSize = config.Integer("vocab_size", 32000),
            HiddenSize = config.Integer("hidden_size", 4096),
            IntermediateSize = config.Integer("intermediate_size", 14336),
            NumHiddenLayers = config.Integer("num_hidden_layers", 32),
            NumAttentionHeads = config.Integer("num_attention_heads", 32),
            NumKeyValueHeads = config.IsNull("num_key_value_heads") ? config.Integer("num_attention_heads", 32) : config.Integer("num_key_value_heads", 8),
            HiddenAct = config.Text("hidden_act", "silu"),
            MaxPositionEmbeddings = config.Integer("max_position_embeddings", 131072),
            RmsNormEps = config.Number("rms_norm_eps", 1e-5),
            RopeTheta = config.Number("rope_theta", 1e6),
            SlidingWindow = config.Has("sliding_window") ? config.Integer("sliding_window") : null,
            NumLocalExperts = config.Integer("num_local_experts", 8),
            NumExpertsPerTok = config.Integer("num_experts_per_tok", 2),
            RouterAuxLossCoef = config.Number("router_aux_loss_coef", 0.001),
            TieWordEmbeddings = config.Flag("tie_word_embeddings", false),
            InitializerRange = config.Number("initializer_range", 0.02),
        };
        read.Problems().ThrowIn(config);
        return read;
    }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => Problems().Report(checks);

    /// <inheritdoc/>
    double IArchitecture<MixtralArchitecture>.StandardDeviation => InitializerRange;

    /// <inheritdoc/>
    IReadOnlyList<KeyMap> IArchitecture<MixtralArchitecture>.Layouts => LlamaLayout.For(TieWordEmbeddings);

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
        Names = LlamaNames.HuggingFace with { FeedForward = "block_sparse_moe", Gate = "w1", Up = "w3", Down = "w2" },
        FeedForward = (sizes, scope) => new MixtralExperts(NumLocalExperts, NumExpertsPerTok, sizes, scope),
        Balancing = new LoadBalancing(NumExpertsPerTok, RouterAuxLossCoef),
    };

    private ArchitectureProblems Problems() => new ArchitectureProblems()
        .RotaryHeads(nameof(NumAttentionHeads), HiddenSize, NumAttentionHeads)
        .KeyHeads(nameof(NumKeyValueHeads), NumAttentionHeads, NumKeyValueHeads)
        .Activations(nameof(HiddenAct), HiddenAct)
        .Add(NumExpertsPerTok > NumLocalExperts, nameof(NumExpertsPerTok), $"is {NumExpertsPerTok}, of {NumLocalExperts} experts");
}
