using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Encoders.ClipText;

/// <summary>The sizes of a CLIP text transformer, named and defaulted as in Hugging Face's <c>CLIPTextConfig</c>.</summary>
public sealed class ClipTextArchitecture : IValidatable
{
    /// <summary>V, ids.</summary>
    [AtLeast(1)]
    public int VocabSize { get; init; } = 49408;

    /// <summary>D, the width of the hidden states.</summary>
    [AtLeast(1)]
    public int HiddenSize { get; init; } = 512;

    /// <summary>Width between the feed-forward layer's projections.</summary>
    [AtLeast(1)]
    public int IntermediateSize { get; init; } = 2048;

    /// <summary>L, layers.</summary>
    [AtLeast(1)]
    public int NumHiddenLayers { get; init; } = 12;

    /// <summary>Attention heads.</summary>
    [AtLeast(1)]
    public int NumAttentionHeads { get; init; } = 8;

    /// <summary>The longest text.</summary>
    [AtLeast(1)]
    public int MaxPositionEmbeddings { get; init; } = 77;

    /// <summary>The feed-forward layers' activation.</summary>
    public string HiddenAct { get; init; } = "quick_gelu";

    /// <summary>ε of the norms.</summary>
    [Above(0)]
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>The id at whose first place a text is pooled; with 2, which older configurations wrongly say, it is the place of the largest id.</summary>
    [AtLeast(0)]
    public int EosTokenId { get; init; } = 49407;

    /// <summary>Standard deviation of random weights.</summary>
    [Above(0)]
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>A layer's sizes.</summary>
    internal PreNormSizes Layer => new(HiddenSize, IntermediateSize, NumAttentionHeads, HiddenAct, LayerNormEps);

    /// <summary>Reads a <c>config.json</c>: the text tower's own, or a whole CLIP's (<c>text_config</c>).</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no CLIP, or a value is of another type.</exception>
    public static ClipTextArchitecture Read(HuggingFaceConfig file)
    {
        var config = file.Has("text_config") ? file.Section("text_config") : file;
        var type = config.Text("model_type", "clip_text_model");
        if (type != "clip_text_model") throw config.Fault("model_type", $"is '{type}', no CLIP text tower");
        var read = new ClipTextArchitecture
        {
            VocabSize = config.Integer("vocab_size", 49408),
            HiddenSize = config.Integer("hidden_size", 512),
            IntermediateSize = config.Integer("intermediate_size", 2048),
            NumHiddenLayers = config.Integer("num_hidden_layers", 12),
            NumAttentionHeads = config.Integer("num_attention_heads", 8),
            MaxPositionEmbeddings = config.Integer("max_position_embeddings", 77),
            HiddenAct = config.Text("hidden_act", "quick_gelu"),
            LayerNormEps = config.Number("layer_norm_eps", 1e-5),
            EosTokenId = config.Integer("eos_token_id", 49407),
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

    private IEnumerable<(string Property, string Message)> Problems()
    {
        if (NumAttentionHeads < 1 || HiddenSize % NumAttentionHeads != 0) yield return (nameof(NumAttentionHeads), $"cannot split {HiddenSize} dimensions into {NumAttentionHeads} heads");
        if (!Activation.Names.Contains(HiddenAct, StringComparer.Ordinal))
            yield return (nameof(HiddenAct), $"is '{HiddenAct}'; {Spelling.Hint(HiddenAct, [.. Activation.Names], "known activations")}");
    }
}
