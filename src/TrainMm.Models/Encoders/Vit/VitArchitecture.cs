using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Encoders.Vit;

/// <summary>The sizes of a vision transformer, named and defaulted as in Hugging Face's <c>ViTConfig</c>.</summary>
public sealed class VitArchitecture : IValidatable, IVisionArchitecture<VitArchitecture>
{
    private static readonly (string Name, string Prefix)[] Homes = [("ViTModel", ""), ("ViTForImageClassification", "vit.")];

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
    public int PatchSize { get; init; } = 16;

    /// <summary>The feed-forward layers' activation.</summary>
    public string HiddenAct { get; init; } = "gelu";

    /// <summary>Whether queries, keys and values have biases.</summary>
    public bool QkvBias { get; init; } = true;

    /// <summary>ε of the norms.</summary>
    [Above(0)]
    public double LayerNormEps { get; init; } = 1e-12;

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

    ImageDefaults IVisionArchitecture.Images => ImageDefaults.Vit;

    /// <summary>Reads a <c>config.json</c>.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no ViT, or a value is of another type.</exception>
    public static VitArchitecture Read(HuggingFaceConfig config)
    {
        var type = config.Text("model_type", "vit");
        if (type != "vit") throw config.Fault("model_type", $"is '{type}', no ViT");
        var read = new VitArchitecture
        {
            HiddenSize = config.Integer("hidden_size", 768),
            IntermediateSize = config.Integer("intermediate_size", 3072),
            NumHiddenLayers = config.Integer("num_hidden_layers", 12),
            NumAttentionHeads = config.Integer("num_attention_heads", 12),
            NumChannels = config.Integer("num_channels", 3),
            ImageSize = config.Integer("image_size", 224),
            PatchSize = config.Integer("patch_size", 16),
            HiddenAct = config.Text("hidden_act", "gelu"),
            QkvBias = config.Flag("qkv_bias", true),
            LayerNormEps = config.Number("layer_norm_eps", 1e-12),
            InitializerRange = config.Number("initializer_range", 0.02),
        };
        foreach (var (property, message) in read.Problems()) throw config.Fault(OptionName.Of(property), message);
        return read;
    }

    static VitArchitecture IVisionArchitecture<VitArchitecture>.ReadFolder(string folder) => Read(HuggingFaceConfig.Open(folder));

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        foreach (var (property, message) in Problems()) checks.Error(property, message);
    }

    IVisionTower IVisionArchitecture.Build(TowerExtent extent, ModuleScope scope) => new VitTower(this, extent, scope);

    IReadOnlyList<KeyMap> IVisionArchitecture.Layouts(TowerExtent extent)
    {
        List<string> unbuilt = ["embeddings.mask_token", "classifier."];
        if (!extent.Norm) unbuilt.Add("layernorm.");
        if (!extent.Pool) unbuilt.Add("pooler.");
        return new TowerLayout("", Homes, "encoder.layer.", NumHiddenLayers).For(extent, [.. unbuilt]);
    }

    void IVisionArchitecture.Initialise(ModuleScope part, ulong seed) => RandomWeights.Transformer(part, seed, InitializerRange);

    private IEnumerable<(string Property, string Message)> Problems() =>
        TowerChecks.Of((nameof(HiddenSize), HiddenSize), (nameof(NumAttentionHeads), NumAttentionHeads), (nameof(ImageSize), ImageSize), (nameof(PatchSize), PatchSize), HiddenAct);
}
