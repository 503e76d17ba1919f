using TrainMm.Core.Config;
using TrainMm.Models.Generators.Diffusion.Layers;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Generators.Diffusion.Unet;

/// <summary>The sizes of a conditioned UNet, named and defaulted as in diffusers' <c>UNet2DConditionModel</c>; a list with one number holds for every block.</summary>
public sealed class UnetArchitecture : IValidatable
{
    internal const string PlainDown = "DownBlock2D";
    internal const string AttendingDown = "CrossAttnDownBlock2D";
    internal const string PlainUp = "UpBlock2D";
    internal const string AttendingUp = "CrossAttnUpBlock2D";
    internal const string PlainMiddle = "UNetMidBlock2D";
    internal const string AttendingMiddle = "UNetMidBlock2DCrossAttn";

    /// <summary>The latents' side that it was made for.</summary>
    [AtLeast(1)]
    public int SampleSize { get; init; } = 64;

    /// <summary>Channels of the latents.</summary>
    [AtLeast(1)]
    public int InChannels { get; init; } = 4;

    /// <summary>Channels of what is predicted.</summary>
    [AtLeast(1)]
    public int OutChannels { get; init; } = 4;

    /// <summary>Whether latents are taken as 2x − 1.</summary>
    public bool CenterInputSample { get; init; }

    /// <summary>Whether the timestep's cosines come before its sines.</summary>
    public bool FlipSinToCos { get; init; } = true;

    /// <summary>Taken from half the number of the timestep's waves.</summary>
    public double FreqShift { get; init; }

    /// <summary>The blocks on the way down: <c>CrossAttnDownBlock2D</c>, or <c>DownBlock2D</c>, which does not see the condition.</summary>
    [NotEmpty]
    public IReadOnlyList<string> DownBlockTypes { get; init; } = [AttendingDown, AttendingDown, AttendingDown, PlainDown];

    /// <summary>The block in the middle: <c>UNetMidBlock2DCrossAttn</c>, <c>UNetMidBlock2D</c>, or null for none.</summary>
    public string? MidBlockType { get; init; } = AttendingMiddle;

    /// <summary>The blocks on the way up: <c>CrossAttnUpBlock2D</c> or <c>UpBlock2D</c>.</summary>
    [NotEmpty]
    public IReadOnlyList<string> UpBlockTypes { get; init; } = [PlainUp, AttendingUp, AttendingUp, AttendingUp];

    /// <summary>Whether the first attention of each transformer layer, too, is to the condition.</summary>
    public bool OnlyCrossAttention { get; init; }

    /// <summary>Channels of the blocks on the way down.</summary>
    [NotEmpty]
    [AtLeast(1)]
    public IReadOnlyList<int> BlockOutChannels { get; init; } = [320, 640, 1280, 1280];

    /// <summary>Residual blocks of each block on the way down; on the way up there is one more.</summary>
    [NotEmpty]
    [AtLeast(1)]
    public IReadOnlyList<int> LayersPerBlock { get; init; } = [2];

    /// <summary>Zeros at each edge before a side is halved; 0 is one at the right and one at the bottom.</summary>
    [Range(0, 1)]
    public int DownsamplePadding { get; init; } = 1;

    /// <summary>What the middle's residual sums are divided by.</summary>
    [Above(0)]
    public double MidBlockScaleFactor { get; init; } = 1;

    /// <summary>The activation.</summary>
    public string ActFn { get; init; } = "silu";

    /// <summary>Groups of the norms.</summary>
    [AtLeast(1)]
    public int NormNumGroups { get; init; } = 32;

    /// <summary>ε of the residual blocks' norms and of the last one.</summary>
    [Above(0)]
    public double NormEps { get; init; } = 1e-5;

    /// <summary>Dg, the width of the condition, for each block on the way down.</summary>
    [NotEmpty]
    [AtLeast(1)]
    public IReadOnlyList<int> CrossAttentionDim { get; init; } = [1280];

    /// <summary>
    /// Of a UNet with several conditions (AudioLDM 2) the transformers behind each residual block, one after the other, each by the width of the condition that it sees, of which each has its own;
    /// 0 is one that sees the places alone. Empty is one transformer and one condition, of <c>cross_attention_dim</c>, which otherwise nobody asks.
    /// </summary>
    [AtLeast(0)]
    public IReadOnlyList<int> TransformerConditions { get; init; } = [];

    /// <summary>Transformer layers behind each residual block, for each block on the way down.</summary>
    [NotEmpty]
    [AtLeast(1)]
    public IReadOnlyList<int> TransformerLayersPerBlock { get; init; } = [1];

    /// <summary>The number of attention heads, for each block on the way down. It is diffusers' name: for Stable Diffusion 1 it was to be their width, and stayed their number.</summary>
    [NotEmpty]
    [AtLeast(1)]
    public IReadOnlyList<int> AttentionHeadDim { get; init; } = [8];

    /// <summary>Whether the layers around the transformer layers are linear layers (Stable Diffusion 2) or convolutions of 1 × 1.</summary>
    public bool UseLinearProjection { get; init; }

    /// <summary>How the timestep acts on a residual block: <c>default</c>, added, or <c>scale_shift</c>.</summary>
    public string ResnetTimeScaleShift { get; init; } = "default";

    /// <summary>Width of the embedded timestep; null is four times the first block's channels.</summary>
    [AtLeast(1)]
    public int? TimeEmbeddingDim { get; init; }

    /// <summary>An activation behind the embedded timestep; null is none.</summary>
    public string? TimeEmbeddingActFn { get; init; }

    /// <summary>The side of the first convolution's kernel.</summary>
    [AtLeast(1)]
    public int ConvInKernel { get; init; } = 3;

    /// <summary>The side of the last convolution's kernel.</summary>
    [AtLeast(1)]
    public int ConvOutKernel { get; init; } = 3;

    /// <summary>Width of the heads with which a video's frames see each other; null in a UNet of images.</summary>
    internal int? TemporalHeadWidth { get; init; }

    /// <summary>Width of the embedded timestep.</summary>
    internal int TimeWidth => TimeEmbeddingDim ?? (4 * BlockOutChannels[0]);

    /// <summary>Conditions that the transformers see.</summary>
    internal int Contexts => TransformerConditions.Count > 0 ? TransformerConditions.Count(width => width > 0) : 1;

    /// <summary>What the residual blocks have in common.</summary>
    internal ResidualSizes Residual => new(NormNumGroups, NormEps, ActFn, TimeWidth, ResnetTimeScaleShift == "scale_shift");

    /// <summary>The sizes of the i-th block on the way down; those on the way up are the same from below.</summary>
    internal UnetLevel Level(int i)
    {
        IReadOnlyList<int> widths = TransformerConditions.Count > 0 ? TransformerConditions : [Of(CrossAttentionDim, i)];
        var overTime = TemporalHeadWidth is { } headWidth ? OverTime(BlockOutChannels[i] / headWidth, headWidth) : null;
        return new(BlockOutChannels[i], Of(LayersPerBlock, i), [.. widths.Select((width, j) => new TransformerSizes(
            BlockOutChannels[i], Of(AttentionHeadDim, i), width > 0 ? width : null, Of(TransformerLayersPerBlock, i), NormNumGroups, UseLinearProjection, OnlyCrossAttention, widths.Take(j).Count(before => before > 0)))], overTime);
    }

    /// <summary>The sizes of a transformer over a video's frames.</summary>
    /// <param name="heads">Attention heads.</param>
    /// <param name="headWidth">Their width.</param>
    internal TransformerSizes OverTime(int heads, int headWidth) => new(heads * headWidth, heads, ConditionWidth: null, Depth: 1, NormNumGroups, IsLinear: true, OnlyCrossAttention: false);

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        foreach (var (property, message) in Problems()) checks.Error(property, message);
    }

    internal IEnumerable<(string Property, string Message)> Problems()
    {
        var blocks = BlockOutChannels.Count;
        if (DownBlockTypes.FirstOrDefault(type => type is not (PlainDown or AttendingDown)) is { } down) yield return (nameof(DownBlockTypes), $"has the unknown block '{down}' in it; {Spelling.Hint(down, [PlainDown, AttendingDown], "known blocks")}");
        if (UpBlockTypes.FirstOrDefault(type => type is not (PlainUp or AttendingUp)) is { } up) yield return (nameof(UpBlockTypes), $"has the unknown block '{up}' in it; {Spelling.Hint(up, [PlainUp, AttendingUp], "known blocks")}");
        if (MidBlockType is not (null or PlainMiddle or AttendingMiddle)) yield return (nameof(MidBlockType), $"is '{MidBlockType}'; {Spelling.Hint(MidBlockType, [PlainMiddle, AttendingMiddle], "known blocks")}");
        foreach (var (property, count) in ((string, int)[])[(nameof(DownBlockTypes), DownBlockTypes.Count), (nameof(UpBlockTypes), UpBlockTypes.Count)])
            if (count != blocks) yield return (property, $"has {count} blocks, block_out_channels has {blocks}");
        foreach (var (property, numbers) in PerBlock())
            if (numbers.Count != 1 && numbers.Count != blocks) yield return (property, $"has {numbers.Count} numbers, neither one nor one for each of {blocks} blocks");
        if (NormNumGroups < 1 || BlockOutChannels.Any(channels => channels % NormNumGroups != 0)) yield return (nameof(NormNumGroups), $"cannot split every one of {string.Join(", ", BlockOutChannels)} channels into {NormNumGroups} groups");
        if (AttentionHeadDim.Count == 1 || AttentionHeadDim.Count == blocks)
        {
            var odd = Enumerable.Range(0, blocks).FirstOrDefault(i => Of(AttentionHeadDim, i) < 1 || BlockOutChannels[i] % Of(AttentionHeadDim, i) != 0, -1);
            if (odd >= 0) yield return (nameof(AttentionHeadDim), $"cannot split {BlockOutChannels[odd]} channels into {Of(AttentionHeadDim, odd)} heads");
        }

        if (ResnetTimeScaleShift is not ("default" or "scale_shift")) yield return (nameof(ResnetTimeScaleShift), $"is '{ResnetTimeScaleShift}'; known: default, scale_shift");
        foreach (var (property, name) in ((string, string?)[])[(nameof(ActFn), ActFn), (nameof(TimeEmbeddingActFn), TimeEmbeddingActFn)])
            if (name is not null && !Activation.Names.Contains(name, StringComparer.Ordinal)) yield return (property, $"is '{name}'; {Spelling.Hint(name, [.. Activation.Names], "known activations")}");
        if (ConvInKernel % 2 == 0) yield return (nameof(ConvInKernel), "is no odd number");
        if (ConvOutKernel % 2 == 0) yield return (nameof(ConvOutKernel), "is no odd number");
    }

    private IEnumerable<(string Property, IReadOnlyList<int> Numbers)> PerBlock() =>
    [
        (nameof(LayersPerBlock), LayersPerBlock), (nameof(CrossAttentionDim), CrossAttentionDim),
        (nameof(TransformerLayersPerBlock), TransformerLayersPerBlock), (nameof(AttentionHeadDim), AttentionHeadDim),
    ];

    private static int Of(IReadOnlyList<int> numbers, int block) => numbers[numbers.Count == 1 ? 0 : block];
}

/// <summary>The sizes of one of the blocks on the way down.</summary>
/// <param name="Channels">Channels that go out.</param>
/// <param name="Depth">Residual blocks.</param>
/// <param name="Transformers">The transformers behind each of them, where the block has some.</param>
/// <param name="TransformerOverTime">The one over a video's frames behind those; null in a UNet of images.</param>
internal sealed record UnetLevel(int Channels, int Depth, IReadOnlyList<TransformerSizes> Transformers, TransformerSizes? TransformerOverTime);
