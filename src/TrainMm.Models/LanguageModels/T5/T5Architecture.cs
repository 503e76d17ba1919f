using TrainMm.Core.Config;
using TrainMm.Core.Weights;

namespace TrainMm.Models.LanguageModels.T5;

/// <summary>The sizes and switches of a T5, named and defaulted as in Hugging Face's <c>T5Config</c>.</summary>
public sealed class T5Architecture : IArchitecture<T5Architecture>, IValidatable
{
    private const int FewestBuckets = 4;
    private const string Gate = "gated-";

    /// <summary>V, rows of the embedding table.</summary>
    [AtLeast(1)]
    public int VocabSize { get; init; } = 32128;

    /// <summary>D, the width of the hidden states.</summary>
    [AtLeast(1)]
    public int DModel { get; init; } = 512;

    /// <summary>Width of a head; heads · d_kv need not be D.</summary>
    [AtLeast(1)]
    public int DKv { get; init; } = 64;

    /// <summary>Width between the feed-forward layer's projections.</summary>
    [AtLeast(1)]
    public int DFf { get; init; } = 2048;

    /// <summary>The encoder's layers.</summary>
    [AtLeast(1)]
    public int NumLayers { get; init; } = 6;

    /// <summary>L, the decoder's layers; null is as many as the encoder's.</summary>
    [AtLeast(1)]
    public int? NumDecoderLayers { get; init; }

    /// <summary>Heads.</summary>
    [AtLeast(1)]
    public int NumHeads { get; init; } = 8;

    /// <summary>Distances between tokens that have a bias of their own.</summary>
    [AtLeast(FewestBuckets)]
    public int RelativeAttentionNumBuckets { get; init; } = 32;

    /// <summary>From this distance on all share one bias.</summary>
    [AtLeast(1)]
    public int RelativeAttentionMaxDistance { get; init; } = 128;

    /// <summary>The feed-forward layer's activation, behind <c>gated-</c> where a second projection is multiplied by it; <c>gated-gelu</c> is <c>gelu_new</c>, gated.</summary>
    public string FeedForwardProj { get; init; } = "relu";

    /// <summary>The activation by name, where it is another than <see cref="FeedForwardProj"/> says; null is what that says.</summary>
    public string? DenseActFn { get; init; }

    /// <summary>Whether the feed-forward layer is gated, where that is otherwise than <see cref="FeedForwardProj"/> says; null is what that says.</summary>
    public bool? IsGatedAct { get; init; }

    /// <summary>ε of the norms.</summary>
    [Above(0)]
    public double LayerNormEpsilon { get; init; } = 1e-6;

    /// <summary>The token that the decoder begins with; null is the padding.</summary>
    [AtLeast(0)]
    public int? DecoderStartTokenId { get; init; }

    /// <summary>The padding.</summary>
    [AtLeast(0)]
    public int PadTokenId { get; init; }

    /// <summary>Whether the head is the embedding table, and hidden states are divided by √D before it.</summary>
    public bool TieWordEmbeddings { get; init; } = true;

    /// <summary>Multiplies the standard deviations of random weights and is the norms' first weight.</summary>
    [Above(0)]
    public double InitializerFactor { get; init; } = 1;

    /// <summary>The decoder's layers.</summary>
    internal int DecoderLayers => NumDecoderLayers ?? NumLayers;

    /// <summary>The token that the decoder begins with.</summary>
    internal int StartToken => DecoderStartTokenId ?? PadTokenId;

    /// <summary>Whether a second projection is multiplied by the activation of the first.</summary>
    internal bool IsGated => IsGatedAct ?? FeedForwardProj.StartsWith(Gate, StringComparison.Ordinal);

    /// <summary>The activation's name.</summary>
    internal string ActivationName => DenseActFn ?? (FeedForwardProj == "gated-gelu" ? "gelu_new" : FeedForwardProj.StartsWith(Gate, StringComparison.Ordinal) ? FeedForwardProj[Gate.Length..] : FeedForwardProj);

    /// <summary>Reads a <c>config.json</c> of its own, of a BLIP-2 or of an InstructBLIP.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no T5, or a value cannot be.</exception>
    public static T5Architecture Read(HuggingFaceConfig file)
    {
        var whole = file.Text("model_type", "t5") is "blip-2" or "instructblip";
        var config = LanguageModelSource.Section(whole ? file.Section("text_config") : file, "t5", "T5");
        var read = new T5Architecture
        {
            VocabSize = config.Integer("vocab_size", 32128),
            DModel = config.Integer("d_model", 512),
            DKv = config.Integer("d_kv", 64),
            DFf = config.Integer("d_ff", 2048),
            NumLayers = config.Integer("num_layers", 6),
            NumDecoderLayers = config.Has("num_decoder_layers") ? config.Integer("num_decoder_layers") : null,
            NumHeads = config.Integer("num_heads", 8),
            RelativeAttentionNumBuckets = config.Integer("relative_attention_num_buckets", 32),
            RelativeAttentionMaxDistance = config.Integer("relative_attention_max_distance", 128),
            FeedForwardProj = config.Text("feed_forward_proj", "relu"),
            DenseActFn = config.Has("dense_act_fn") ? config.Text("dense_act_fn") : null,
            IsGatedAct = config.Has("is_gated_act") ? config.Flag("is_gated_act") : null,
            LayerNormEpsilon = config.Number("layer_norm_epsilon", 1e-6),
            DecoderStartTokenId = config.Has("decoder_start_token_id") ? config.Integer("decoder_start_token_id") : null,
            PadTokenId = config.Integer("pad_token_id", 0),
            TieWordEmbeddings = config.Flag("tie_word_embeddings", true),
            InitializerFactor = config.Number("initializer_factor", 1),
        };
        read.Problems().ThrowIn(config);
        return read;
    }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => Problems().Report(checks);

    /// <inheritdoc/>
    double IArchitecture<T5Architecture>.StandardDeviation => InitializerFactor;

    /// <inheritdoc/>
    double IArchitecture<T5Architecture>.NormWeight => InitializerFactor;

    /// <summary>As Hugging Face's <c>T5PreTrainedModel</c>: each matrix by the width that it reads, the queries' by √d more, since scores are not divided by it.</summary>
    double IArchitecture<T5Architecture>.DeviationOf(string path) => InitializerFactor * path.Split('.')[^2] switch
    {
        "q" => 1 / Math.Sqrt((double)DModel * DKv),
        "o" => 1 / Math.Sqrt((double)NumHeads * DKv),
        "wo" => 1 / Math.Sqrt(DFf),
        "shared" or "lm_head" => 1,
        _ => 1 / Math.Sqrt(DModel),
    };

    /// <inheritdoc/>
    IReadOnlyList<KeyMap> IArchitecture<T5Architecture>.Layouts => T5Layout.For(TieWordEmbeddings);

    private ArchitectureProblems Problems() => new ArchitectureProblems()
        .Add(RelativeAttentionNumBuckets < FewestBuckets, nameof(RelativeAttentionNumBuckets), $"is {RelativeAttentionNumBuckets}; the encoder looks both ways and needs {FewestBuckets}")
        .Add(RelativeAttentionMaxDistance <= RelativeAttentionNumBuckets / 2, nameof(RelativeAttentionMaxDistance), $"is {RelativeAttentionMaxDistance}, no further than the {RelativeAttentionNumBuckets / 2} distances that have a bias each")
        .Add(StartToken >= VocabSize, DecoderStartTokenId is null ? nameof(PadTokenId) : nameof(DecoderStartTokenId), $"is {StartToken}, which a vocabulary of {VocabSize} does not have")
        .Activations(DenseActFn is null ? nameof(FeedForwardProj) : nameof(DenseActFn), ActivationName);
}
