using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;

namespace TrainMm.Models.InputProjectors.QFormer;

/// <summary>The sizes of a Q-Former, named and defaulted as in Hugging Face's <c>Blip2QFormerConfig</c>; the encoder's width is learnt from the encoder.</summary>
public sealed class QFormerArchitecture : IValidatable
{
    /// <summary>Q, learned queries: the soft tokens that one medium becomes.</summary>
    [AtLeast(1)]
    public int NumQueryTokens { get; init; } = 32;

    /// <summary>Whether the instruction is read beside the queries, as in InstructBLIP.</summary>
    public bool ReadsInstruction { get; init; }

    /// <summary>Rows of the instruction's embedding table.</summary>
    [AtLeast(1)]
    public int VocabSize { get; init; } = 30522;

    /// <summary>Width of the hidden states.</summary>
    [AtLeast(1)]
    public int HiddenSize { get; init; } = 768;

    /// <summary>L, layers.</summary>
    [AtLeast(1)]
    public int NumHiddenLayers { get; init; } = 12;

    /// <summary>Attention heads.</summary>
    [AtLeast(1)]
    public int NumAttentionHeads { get; init; } = 12;

    /// <summary>Width between the feed-forward layer's projections.</summary>
    [AtLeast(1)]
    public int IntermediateSize { get; init; } = 3072;

    /// <summary>The feed-forward layer's activation.</summary>
    public string HiddenAct { get; init; } = "gelu";

    /// <summary>The longest instruction.</summary>
    [AtLeast(1)]
    public int MaxPositionEmbeddings { get; init; } = 512;

    /// <summary>The instruction's padding; its vector is not trained.</summary>
    [AtLeast(0)]
    public int PadTokenId { get; init; }

    /// <summary>ε of the norms.</summary>
    [Above(0)]
    public double LayerNormEps { get; init; } = 1e-12;

    /// <summary>The queries look at the features in every so many layers, the first included.</summary>
    [AtLeast(1)]
    public int CrossAttentionFrequency { get; init; } = 2;

    /// <summary>Standard deviation of random weights.</summary>
    [Above(0)]
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Reads a <c>config.json</c>: a whole BLIP-2's or InstructBLIP's (<c>qformer_config</c>), a Q-Former's own, or the BERT configuration that LAVIS extends.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint has no Q-Former, or a value is of another type.</exception>
    public static QFormerArchitecture Read(HuggingFaceConfig file)
    {
        var whole = file.Text("model_type") is "blip-2" or "instructblip";
        var config = whole ? file.Section("qformer_config") : file;
        var type = config.Text("model_type", file.Text("model_type") == "instructblip" ? "instructblip_qformer" : "blip_2_qformer");
        if (type is not ("blip_2_qformer" or "instructblip_qformer" or "bert")) throw config.Fault("model_type", $"is '{type}', no Q-Former");
        var positions = config.Text("position_embedding_type", "absolute");
        if (positions != "absolute") throw config.Fault("position_embedding_type", $"is '{positions}'; known here: absolute");
        var original = type == "bert";
        var read = new QFormerArchitecture
        {
            NumQueryTokens = original ? config.Integer("query_length", 32) : file.Integer("num_query_tokens", 32),
            ReadsInstruction = type != "blip_2_qformer" || config.Flag("use_qformer_text_input", false),
            VocabSize = config.Integer("vocab_size", 30522),
            HiddenSize = config.Integer("hidden_size", 768),
            NumHiddenLayers = config.Integer("num_hidden_layers", 12),
            NumAttentionHeads = config.Integer("num_attention_heads", 12),
            IntermediateSize = config.Integer("intermediate_size", 3072),
            HiddenAct = config.Text("hidden_act", "gelu"),
            MaxPositionEmbeddings = config.Integer("max_position_embeddings", 512),
            PadTokenId = config.Integer("pad_token_id", 0),
            LayerNormEps = config.Number("layer_norm_eps", 1e-12),
            CrossAttentionFrequency = config.Integer(original ? "cross_attention_freq" : "cross_attention_frequency", 2),
            InitializerRange = config.Number("initializer_range", 0.02),
        };
        foreach (var (property, message) in read.Problems()) throw config.Fault(OptionName.Of(property), message);
        return read;
    }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        foreach (var (property, message) in Problems()) checks.Error(property, message);
    }

    /// <summary>Whether the queries of this layer look at the features.</summary>
    internal bool LooksAtFeatures(int layer) => layer % CrossAttentionFrequency == 0;

    private IEnumerable<(string Property, string Message)> Problems()
    {
        if (HiddenSize % NumAttentionHeads != 0) yield return (nameof(NumAttentionHeads), $"cannot split {HiddenSize} dimensions into {NumAttentionHeads} heads");
        if (PadTokenId >= VocabSize) yield return (nameof(PadTokenId), $"is {PadTokenId}, beyond the {VocabSize} rows of the table");
        if (!Activation.Names.Contains(HiddenAct, StringComparer.Ordinal))
            yield return (nameof(HiddenAct), $"is '{HiddenAct}'; {Spelling.Hint(HiddenAct, [.. Activation.Names], "known activations")}");
    }
}
