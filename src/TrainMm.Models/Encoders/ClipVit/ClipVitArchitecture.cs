using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Encoders.ClipVit;

/// <summary>The sizes of a CLIP vision transformer, named and defaulted as in Hugging Face's <c>CLIPVisionConfig</c>.</summary>
public sealed class ClipVitArchitecture : IValidatable
{
    /// <summary>De, the width of the hidden states.</summary>
    [AtLeast(1)]
    public int HiddenSize { get; init; } = 768;

    /// <summary>Width between the feed-forward layer's projections.</summary>
    [AtLeast(1)]
    public int IntermediateSize { get; init; } = 3072;

    /// <summary>L, layers.</summary>
    [AtLeast(1)]
    public int NumHiddenLayers { get; init; } = 12;

    /// <summary>Attention heads.</summary>
    [AtLeast(1)]
    public int NumAttentionHeads { get; init; } = 12;

    /// <summary>Colour channels.</summary>
    [AtLeast(1)]
    public int NumChannels { get; init; } = 3;

    /// <summary>Pixels of the square image's side.</summary>
    [AtLeast(1)]
    public int ImageSize { get; init; } = 224;

    /// <summary>Pixels of a patch's side.</summary>
    [AtLeast(1)]
    public int PatchSize { get; init; } = 32;

    /// <summary>The feed-forward layer's activation.</summary>
    public string HiddenAct { get; init; } = "quick_gelu";

    /// <summary>ε of the norms.</summary>
    [Above(0)]
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>Standard deviation of random weights.</summary>
    [Above(0)]
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Patches along a side.</summary>
    internal int Grid => ImageSize / PatchSize;

    /// <summary>A layer's sizes.</summary>
    internal PreNormSizes Layer => new(HiddenSize, IntermediateSize, NumAttentionHeads, HiddenAct, LayerNormEps);

    /// <summary>Reads a <c>config.json</c>: the vision tower's own, a whole CLIP's or a LLaVA's (<c>vision_config</c>).</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no CLIP, or a value is of another type.</exception>
    public static ClipVitArchitecture Read(HuggingFaceConfig file)
    {
        var config = file.Text("model_type") is "clip" or "llava" ? file.Section("vision_config") : file;
        var type = config.Text("model_type", "clip_vision_model");
        if (type != "clip_vision_model") throw config.Fault("model_type", $"is '{type}', no CLIP vision tower");
        var read = new ClipVitArchitecture
        {
            HiddenSize = config.Integer("hidden_size", 768),
            IntermediateSize = config.Integer("intermediate_size", 3072),
            NumHiddenLayers = config.Integer("num_hidden_layers", 12),
            NumAttentionHeads = config.Integer("num_attention_heads", 12),
            NumChannels = config.Integer("num_channels", 3),
            ImageSize = config.Integer("image_size", 224),
            PatchSize = config.Integer("patch_size", 32),
            HiddenAct = config.Text("hidden_act", "quick_gelu"),
            LayerNormEps = config.Number("layer_norm_eps", 1e-5),
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
        if (HiddenSize % NumAttentionHeads != 0) yield return (nameof(NumAttentionHeads), $"cannot split {HiddenSize} dimensions into {NumAttentionHeads} heads");
        if (PatchSize > ImageSize) yield return (nameof(PatchSize), $"is {PatchSize}, more than the image's {ImageSize} pixels");
        if (!Activation.Names.Contains(HiddenAct, StringComparer.Ordinal))
            yield return (nameof(HiddenAct), $"is '{HiddenAct}'; {Spelling.Hint(HiddenAct, [.. Activation.Names], "known activations")}");
    }
}
