using TrainMm.Core.Config;
using TrainMm.Models.Generators.Diffusion;
using TrainMm.Models.Generators.Diffusion.Samplers;

namespace TrainMm.Models.Generators.Zeroscope;

/// <summary>Zeroscope v2 and ModelScope's text-to-video model, which it was tuned from.</summary>
public sealed class ZeroscopeOptions : ClipDiffusionOptions
{
    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public ZeroscopeArchitecture? Architecture { get; init; }

    /// <summary>F, a video's frames; the network takes any number.</summary>
    [AtLeast(1)]
    public int Frames { get; init; } = 24;

    /// <summary>Pixels of a frame's height.</summary>
    [AtLeast(8)]
    public int Height { get; init; } = 320;

    /// <summary>Pixels of a frame's width.</summary>
    [AtLeast(8)]
    public int Width { get; init; } = 576;

    /// <summary>How fast a video is played.</summary>
    [AtLeast(1)]
    public int FramesPerSecond { get; init; } = 8;

    /// <inheritdoc/>
    internal override bool HasArchitecture => Architecture is not null;

    /// <inheritdoc/>
    internal override SamplerKind UsualSampler => SamplerKind.Ddim;
}
