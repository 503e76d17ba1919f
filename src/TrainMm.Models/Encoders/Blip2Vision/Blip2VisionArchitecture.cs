using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Encoders.Blip2Vision;

/// <summary>The sizes of BLIP-2's vision transformer, named and defaulted as in Hugging Face's <c>Blip2VisionConfig</c>: EVA-CLIP's ViT-g/14 without its last layer.</summary>
public sealed class Blip2VisionArchitecture : IValidatable
{
    /// <summary>De, the width of the hidden states.</summary>
    [AtLeast(1)]
    public int HiddenSize { get; init; } = 1408;

    /// <summary>Width between the feed-forward layer's projections.</summary>
    [AtLeast(1)]
    public int IntermediateSize { get; init; } = 6144;

    /// <summary>L, layers.</summary>
    [AtLeast(1)]
    public int NumHiddenLayers { get; init; } = 39;

    /// <summary>Attention heads.</summary>
    [AtLeast(1)]
    public int NumAttentionHeads { get; init; } = 16;

    /// <summary>Pixels of the square image's side.</summary>
    [AtLeast(1)]
    public int ImageSize { get; init; } = 224;

    /// <summary>Pixels of a patch's side.</summary>
    [AtLeast(1)]
    public int PatchSize { get; init; } = 14;

    /// <summary>The feed-forward layer's activation.</summary>
    public string HiddenAct { get; init; } = "gelu";

    /// <summary>ε of the layers' norms.</summary>
    [Above(0)]
    public double LayerNormEps { get; init; } = 1e-6;

    /// <summary>Whether queries, keys and values have a bias; published checkpoints hold zeros for the keys.</summary>
    public bool QkvBias { get; init; } = true;

    /// <summary>Standard deviation of random weights.</summary>
    [Above(0)]
    public double InitializerRange { get; init; } = 1e-10;

    /// <summary>Patches along a side.</summary>
    internal int Grid => ImageSize / PatchSize;

    /// <summary>Reads a <c>config.json</c>: the vision tower's own, or a whole BLIP-2's or InstructBLIP's (<c>vision_config</c>).</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no BLIP-2, or a value is of another type.</exception>
    public static Blip2VisionArchitecture Read(HuggingFaceConfig file)
    {
        var whole = file.Text("model_type") is "blip-2" or "instructblip";
        var config = whole ? file.Section("vision_config") : file;
        var type = config.Text("model_type", whole ? "blip_2_vision_model" : null);
        if (type is not ("blip_2_vision_model" or "instructblip_vision_model")) throw config.Fault("model_type", $"is '{type}', no BLIP-2 vision tower");
        var read = new Blip2VisionArchitecture
        {
            HiddenSize = config.Integer("hidden_size", 1408),
            IntermediateSize = config.Integer("intermediate_size", 6144),
            NumHiddenLayers = config.Integer("num_hidden_layers", 39),
            NumAttentionHeads = config.Integer("num_attention_heads", 16),
            ImageSize = config.Integer("image_size", 224),
            PatchSize = config.Integer("patch_size", 14),
            HiddenAct = config.Text("hidden_act", "gelu"),
            LayerNormEps = config.Number("layer_norm_eps", 1e-6),
            QkvBias = config.Flag("qkv_bias", true),
            InitializerRange = config.Number("initializer_range", 1e-10),
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
        if (HiddenSize % NumAttentionHeads != 0) yield return (nameof(NumAttentionHeads), $"cannot split {HiddenSize} dimensions into {NumAttentionHeads} heads");
        if (PatchSize > ImageSize) yield return (nameof(PatchSize), $"is {PatchSize}, more than the image's {ImageSize} pixels");
        if (!Activation.Names.Contains(HiddenAct, StringComparer.Ordinal))
            yield return (nameof(HiddenAct), $"is '{HiddenAct}'; {Spelling.Hint(HiddenAct, [.. Activation.Names], "known activations")}");
    }
}
