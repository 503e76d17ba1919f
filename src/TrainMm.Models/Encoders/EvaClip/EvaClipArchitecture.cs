using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Encoders.EvaClip;

/// <summary>The sizes of an EVA-CLIP vision transformer, named and defaulted as in EVA-CLIP's <c>CLIPVisionCfg</c>, and <c>embed_dim</c> beside them.</summary>
public sealed class EvaClipArchitecture : IValidatable, IVisionArchitecture<EvaClipArchitecture>
{
    /// <summary>EVA-CLIP's own checkpoints, the file that LAVIS and MiniGPT-4 load, and a whole BLIP-2 of LAVIS.</summary>
    private static readonly (string Name, string Prefix)[] Homes = [("EVA-CLIP", "visual."), ("eva_vit_g", ""), ("LAVIS", "visual_encoder.")];

    /// <summary>Width of the pooled vector, the space that is shared with text.</summary>
    [AtLeast(1)]
    public int EmbedDim { get; init; } = 1024;

    /// <summary>L, layers.</summary>
    [AtLeast(1)]
    public int Layers { get; init; } = 12;

    /// <summary>De, the width of the hidden states.</summary>
    [AtLeast(1)]
    public int Width { get; init; } = 768;

    /// <summary>Width of an attention head.</summary>
    [AtLeast(1)]
    public int HeadWidth { get; init; } = 64;

    /// <summary>Width between the feed-forward layer's projections, as a multiple of <see cref="Width"/>.</summary>
    [Above(0)]
    public double MlpRatio { get; init; } = 4;

    /// <summary>Pixels of a patch's side.</summary>
    [AtLeast(1)]
    public int PatchSize { get; init; } = 16;

    /// <summary>Pixels of the square image's side.</summary>
    [AtLeast(1)]
    public int ImageSize { get; init; } = 224;

    /// <summary>First value of the factors on each layer's branches; null or 0 is none.</summary>
    [AtLeast(0)]
    public double? LsInitValue { get; init; }

    /// <summary>Whether all tokens' mean is pooled and then normed, instead of the class token.</summary>
    public bool GlobalAveragePool { get; init; }

    /// <summary>Whether queries and values have biases; keys never have one.</summary>
    public bool QkvBias { get; init; } = true;

    /// <summary>Whether the norms follow attention and feed-forward layer instead of preceding them.</summary>
    public bool Postnorm { get; init; }

    /// <summary>Whether queries and keys of patches are turned by their places in the grid.</summary>
    public bool Rope { get; init; }

    /// <summary>Patches along a side in pre-training, for <see cref="Rope"/>.</summary>
    [AtLeast(1)]
    public int PtHwSeqLen { get; init; } = 16;

    /// <summary>Whether places of another grid are brought into the range of pre-training's.</summary>
    public bool IntpFreq { get; init; }

    /// <summary>Whether the feed-forward layers are gated (SwiGLU).</summary>
    public bool Naiveswiglu { get; init; }

    /// <summary>Whether there are norms inside attention and feed-forward layers, and three projections instead of a fused one.</summary>
    public bool Subln { get; init; }

    string IVisionArchitecture.Prefix => "visual";

    int IVisionArchitecture.PooledWidth => EmbedDim;

    int IVisionArchitecture.ClassTokens => 1;

    int IVisionArchitecture.ImageSide => ImageSize;

    int IVisionArchitecture.PatchSide => PatchSize;

    IReadOnlyList<string> IVisionArchitecture.OwnFiles => ["eva_vit_g.pth"];

    ImageDefaults IVisionArchitecture.Images => ImageDefaults.Clip;

    /// <summary>Attention heads.</summary>
    internal int Heads => Width / HeadWidth;

    /// <summary>Width between the feed-forward layer's projections.</summary>
    internal int InnerSize => (int)(Width * MlpRatio);

    /// <summary>Patches along a side.</summary>
    internal int Grid => ImageSize / PatchSize;

    /// <summary>Reads a file of EVA-CLIP's <c>model_configs</c>.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">There is no EVA vision tower in it, or a value is of another type.</exception>
    public static EvaClipArchitecture Read(HuggingFaceConfig file)
    {
        var config = file.Section("vision_cfg");
        if (!config.Has("eva_model_name")) throw config.Fault("eva_model_name", "is missing: this is no EVA vision tower");
        var read = new EvaClipArchitecture
        {
            EmbedDim = file.Integer("embed_dim"),
            Layers = config.Integer("layers", 12),
            Width = config.Integer("width", 768),
            HeadWidth = config.Integer("head_width", 64),
            MlpRatio = config.Number("mlp_ratio", 4),
            PatchSize = config.Integer("patch_size", 16),
            ImageSize = config.Integer("image_size", 224),
            LsInitValue = config.Has("ls_init_value") ? config.Number("ls_init_value") : null,
            GlobalAveragePool = config.Flag("global_average_pool", false),
            QkvBias = config.Flag("qkv_bias", true),
            Postnorm = config.Flag("postnorm", false),
            Rope = config.Flag("rope", false),
            PtHwSeqLen = config.Integer("pt_hw_seq_len", 16),
            IntpFreq = config.Flag("intp_freq", false),
            Naiveswiglu = config.Flag("naiveswiglu", false),
            Subln = config.Flag("subln", false),
        };
        foreach (var (property, message) in read.Problems()) throw config.Fault(OptionName.Of(property), message);
        return read;
    }

    static EvaClipArchitecture IVisionArchitecture<EvaClipArchitecture>.ReadFolder(string folder) => Read(HuggingFaceConfig.Open(folder));

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        foreach (var (property, message) in Problems()) checks.Error(property, message);
    }

    IVisionTower IVisionArchitecture.Build(TowerExtent extent, ModuleScope scope) => new EvaClipTower(this, extent, scope);

    IReadOnlyList<KeyMap> IVisionArchitecture.Layouts(TowerExtent extent)
    {
        List<string> unbuilt = ["mask_token", "lm_head."];
        if (!extent.Norm || GlobalAveragePool) unbuilt.Add("norm.");
        if (!extent.Pool) unbuilt.AddRange(["head.", "fc_norm."]);
        return new TowerLayout("visual.", Homes, "blocks.", Layers, ".freqs_cos", ".freqs_sin", ".relative_position_index").For(extent, [.. unbuilt]);
    }

    void IVisionArchitecture.Initialise(ModuleScope part, ulong seed)
    {
        RandomWeights.Transformer(part, seed, 0.02);
        foreach (var (_, scale) in part.Parameters.Where(pair => pair.Key.Contains(".gamma_", StringComparison.Ordinal))) RandomWeights.Fill(scale, LsInitValue ?? 0);
    }

    private IEnumerable<(string Property, string Message)> Problems()
    {
        if (HeadWidth < 1 || Width < 1 || Width % HeadWidth != 0) return [(nameof(HeadWidth), $"is {HeadWidth}, which does not divide the width of {Width}")];
        if (Rope && HeadWidth % 4 != 0) return [(nameof(HeadWidth), $"is {HeadWidth}; turning in two dimensions takes a multiple of 4")];
        if (Rope && !IntpFreq && PtHwSeqLen != Grid) return [(nameof(PtHwSeqLen), $"is {PtHwSeqLen}, though the grid has {Grid} patches along a side and intp_freq is off")];
        return TowerChecks.Of((nameof(Width), Width), (nameof(HeadWidth), Heads), (nameof(ImageSize), ImageSize), (nameof(PatchSize), PatchSize));
    }
}
