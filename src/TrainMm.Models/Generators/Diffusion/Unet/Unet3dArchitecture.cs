using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Generators.Diffusion.Unet;

/// <summary>The sizes of a conditioned UNet of videos, named and defaulted as in diffusers' <c>UNet3DConditionModel</c>: the UNet of images with parts over time.</summary>
public sealed record Unet3dArchitecture : Architecture
{
    private const string PlainDown = "DownBlock3D";
    private const string AttendingDown = "CrossAttnDownBlock3D";
    private const string PlainUp = "UpBlock3D";
    private const string AttendingUp = "CrossAttnUpBlock3D";

    /// <summary>What the official class does not ask for its activation: it is in its convolutions over time and before its last convolution.</summary>
    private const string OnlyActivation = "silu";

    /// <summary>Channels of the latents.</summary>
    [AtLeast(1)]
    public int InChannels { get; init; } = 4;

    /// <summary>Channels of what is predicted.</summary>
    [AtLeast(1)]
    public int OutChannels { get; init; } = 4;

    /// <summary>The blocks on the way down: <c>CrossAttnDownBlock3D</c>, or <c>DownBlock3D</c>, which does not see the condition.</summary>
    [NotEmpty]
    public IReadOnlyList<string> DownBlockTypes { get; init; } = [AttendingDown, AttendingDown, AttendingDown, PlainDown];

    /// <summary>The blocks on the way up: <c>CrossAttnUpBlock3D</c> or <c>UpBlock3D</c>.</summary>
    [NotEmpty]
    public IReadOnlyList<string> UpBlockTypes { get; init; } = [PlainUp, AttendingUp, AttendingUp, AttendingUp];

    /// <summary>Channels of the blocks on the way down.</summary>
    [NotEmpty]
    [AtLeast(1)]
    public IReadOnlyList<int> BlockOutChannels { get; init; } = [320, 640, 1280, 1280];

    /// <summary>Residual blocks of each block on the way down; on the way up there is one more.</summary>
    [AtLeast(1)]
    public int LayersPerBlock { get; init; } = 2;

    /// <summary>Zeros at each edge before a side is halved; 0 is one at the right and one at the bottom.</summary>
    [Range(0, 1)]
    public int DownsamplePadding { get; init; } = 1;

    /// <summary>What the middle's residual sums are divided by.</summary>
    [Above(0)]
    public double MidBlockScaleFactor { get; init; } = 1;

    /// <summary>The activation.</summary>
    public string ActFn { get; init; } = OnlyActivation;

    /// <summary>Groups of the norms.</summary>
    [AtLeast(1)]
    public int NormNumGroups { get; init; } = 32;

    /// <summary>ε of the residual blocks' norms and of the last one.</summary>
    [Above(0)]
    public double NormEps { get; init; } = 1e-5;

    /// <summary>Dg, the width of the condition.</summary>
    [AtLeast(1)]
    public int CrossAttentionDim { get; init; } = 1024;

    /// <summary>Width of the attention heads, here indeed: the same name means their number in a UNet of images.</summary>
    [AtLeast(1)]
    public int AttentionHeadDim { get; init; } = 64;

    /// <summary>The same UNet as one of images with parts over time.</summary>
    internal UnetArchitecture Sizes => new()
    {
        InChannels = InChannels,
        OutChannels = OutChannels,
        DownBlockTypes = [.. DownBlockTypes.Select(type => type == AttendingDown ? UnetArchitecture.AttendingDown : UnetArchitecture.PlainDown)],
        MidBlockType = UnetArchitecture.AttendingMiddle,
        UpBlockTypes = [.. UpBlockTypes.Select(type => type == AttendingUp ? UnetArchitecture.AttendingUp : UnetArchitecture.PlainUp)],
        BlockOutChannels = BlockOutChannels,
        LayersPerBlock = [LayersPerBlock],
        DownsamplePadding = DownsamplePadding,
        MidBlockScaleFactor = MidBlockScaleFactor,
        ActFn = ActFn,
        NormNumGroups = NormNumGroups,
        NormEps = NormEps,
        CrossAttentionDim = [CrossAttentionDim],
        AttentionHeadDim = [.. BlockOutChannels.Select(channels => channels / AttentionHeadDim)],
        UseLinearProjection = true,
        TemporalHeadWidth = AttentionHeadDim,
    };

    /// <summary>Reads a <c>config.json</c>. The side that the latents had in training (<c>sample_size</c>) is left aside: it is the generator's options that say how large videos are.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">It is no such UNet, has parts that are not known here, or a value is of another type.</exception>
    public static Unet3dArchitecture Read(HuggingFaceConfig config)
    {
        var type = config.Text("_class_name", "UNet3DConditionModel");
        if (type != "UNet3DConditionModel") throw config.Fault("_class_name", $"is '{type}', no UNet3DConditionModel");
        UnetConfig.RefuseUnknownParts(config);
        return From<Unet3dArchitecture>(config, read => read with
        {
            DownBlockTypes = config.Has("down_block_types") ? config.Texts("down_block_types") : read.DownBlockTypes,
            UpBlockTypes = config.Has("up_block_types") ? config.Texts("up_block_types") : read.UpBlockTypes,
            BlockOutChannels = config.Counts("block_out_channels", read.BlockOutChannels),
        });
    }

    /// <inheritdoc/>
    private protected override ArchitectureProblems Problems()
    {
        var problems = new ArchitectureProblems()
            .Add(ActFn != OnlyActivation, nameof(ActFn), $"is '{ActFn}'; known here: {OnlyActivation}");
        foreach (var type in DownBlockTypes.Where(type => type is not (PlainDown or AttendingDown))) problems.Add(true, nameof(DownBlockTypes), Unknown(type, PlainDown, AttendingDown));
        foreach (var type in UpBlockTypes.Where(type => type is not (PlainUp or AttendingUp))) problems.Add(true, nameof(UpBlockTypes), Unknown(type, PlainUp, AttendingUp));
        foreach (var channels in BlockOutChannels.Where(channels => channels % AttentionHeadDim != 0)) problems.Add(true, nameof(AttentionHeadDim), $"cannot split {channels} channels into heads of {AttentionHeadDim}");
        foreach (var (property, message) in Sizes.Problems().Where(problem => problem.Property is not (nameof(AttentionHeadDim) or nameof(ActFn)))) problems.Add(true, property, message);
        return problems;

        static string Unknown(string type, params string[] known) => $"has the unknown block '{type}' in it; {Spelling.Hint(type, known, "known blocks")}";
    }
}
