using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Encoders.Dinov2;

/// <summary>The sizes of a DINOv2, named and defaulted as in Hugging Face's <c>Dinov2Config</c>.</summary>
public sealed class Dinov2Architecture : IValidatable, IVisionArchitecture<Dinov2Architecture>
{
    private static readonly (string Name, string Prefix)[] Homes = [("Dinov2Model", ""), ("Dinov2ForImageClassification", "dinov2.")];

    /// <summary>De, the width of the hidden states.</summary>
    [AtLeast(1)]
    public int HiddenSize { get; init; } = 768;

    /// <summary>Width between the feed-forward layer's projections, as a multiple of <see cref="HiddenSize"/>.</summary>
    [Above(0)]
    public double MlpRatio { get; init; } = 4;

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
    public int PatchSize { get; init; } = 16;

    /// <summary>The feed-forward layers' activation.</summary>
    public string HiddenAct { get; init; } = "gelu";

    /// <summary>Whether queries, keys and values have biases.</summary>
    public bool QkvBias { get; init; } = true;

    /// <summary>Whether the feed-forward layers are gated (SwiGLU), as the giant's are.</summary>
    public bool UseSwigluFfn { get; init; }

    /// <summary>First value of the factors on each layer's branches.</summary>
    public double LayerscaleValue { get; init; } = 1;

    /// <summary>ε of the norms.</summary>
    [Above(0)]
    public double LayerNormEps { get; init; } = 1e-6;

    /// <summary>Standard deviation of random weights.</summary>
    [Above(0)]
    public double InitializerRange { get; init; } = 0.02;

    string IVisionArchitecture.Prefix => "";

    int IVisionArchitecture.Layers => NumHiddenLayers;

    int IVisionArchitecture.Width => HiddenSize;

    int IVisionArchitecture.PooledWidth => HiddenSize;

    int IVisionArchitecture.ClassTokens => 1;

    int IVisionArchitecture.ImageSide => ImageSize;

    int IVisionArchitecture.PatchSide => PatchSize;

    ImageDefaults IVisionArchitecture.Images => ImageDefaults.ImageNet;

    /// <summary>Width between the feed-forward layer's projections; a gated one has two thirds of it, rounded up to a multiple of 8.</summary>
    internal int InnerSize
    {
        get
        {
            var inner = (int)(HiddenSize * MlpRatio);
            return UseSwigluFfn ? ((int)(inner * 2 / 3.0) + 7) / 8 * 8 : inner;
        }
    }

    /// <summary>Reads a <c>config.json</c>.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no DINOv2, or a value is of another type.</exception>
    public static Dinov2Architecture Read(HuggingFaceConfig config)
    {
        var type = config.Text("model_type", "dinov2");
        if (type != "dinov2") throw config.Fault("model_type", $"is '{type}', no DINOv2");
        var read = new Dinov2Architecture
        {
            HiddenSize = config.Integer("hidden_size", 768),
            MlpRatio = config.Number("mlp_ratio", 4),
            NumHiddenLayers = config.Integer("num_hidden_layers", 12),
            NumAttentionHeads = config.Integer("num_attention_heads", 12),
            NumChannels = config.Integer("num_channels", 3),
            ImageSize = config.Integer("image_size", 224),
            PatchSize = config.Integer("patch_size", 16),
            HiddenAct = config.Text("hidden_act", "gelu"),
            QkvBias = config.Flag("qkv_bias", true),
            UseSwigluFfn = config.Flag("use_swiglu_ffn", false),
            LayerscaleValue = config.Number("layerscale_value", 1),
            LayerNormEps = config.Number("layer_norm_eps", 1e-6),
            InitializerRange = config.Number("initializer_range", 0.02),
        };
        foreach (var (property, message) in read.Problems()) throw config.Fault(OptionName.Of(property), message);
        return read;
    }

    static Dinov2Architecture IVisionArchitecture<Dinov2Architecture>.ReadFolder(string folder) => Read(HuggingFaceConfig.Open(folder));

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        foreach (var (property, message) in Problems()) checks.Error(property, message);
    }

    IVisionTower IVisionArchitecture.Build(TowerExtent extent, ModuleScope scope) => new Dinov2Tower(this, extent, scope);

    IReadOnlyList<KeyMap> IVisionArchitecture.Layouts(TowerExtent extent)
    {
        List<string> unbuilt = ["embeddings.mask_token", "classifier."];
        if (!extent.Norm) unbuilt.Add("layernorm.");
        return new TowerLayout("", Homes, "encoder.layer.", NumHiddenLayers).For(extent, [.. unbuilt]);
    }

    void IVisionArchitecture.Initialise(ModuleScope part, ulong seed)
    {
        RandomWeights.Transformer(part, seed, InitializerRange);
        foreach (var (_, scale) in part.Parameters.Where(pair => pair.Key.EndsWith(".lambda1", StringComparison.Ordinal))) RandomWeights.Fill(scale, LayerscaleValue);
    }

    private IEnumerable<(string Property, string Message)> Problems() =>
        TowerChecks.Of((nameof(HiddenSize), HiddenSize), (nameof(NumAttentionHeads), NumAttentionHeads), (nameof(ImageSize), ImageSize), (nameof(PatchSize), PatchSize), HiddenAct);
}
