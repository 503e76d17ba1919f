using TrainMm.Core.Config;

namespace TrainMm.Training.Caches;

/// <summary>Whether generators' targets are kept on disk.</summary>
public enum TargetCaching
{
    /// <summary>What is there is used; more is kept where the run goes over the data more than once, the targets take at least 1 MiB, all of them fit, and the disk has twice that free.</summary>
    Auto,

    /// <summary>Always, as far as there is room.</summary>
    On,

    /// <summary>Never: each step computes them.</summary>
    Off,
}

/// <summary>
/// Where the conditions of captions and the encodings of media are kept, which <c>condition_alignment</c> and <c>latent_diffusion</c> need of frozen generators. A target that was kept has the bits of one that is computed,
/// so that nothing changes but the time. It holds for the same weights, options, captions' ids or prepared media, program, libtorch and kind of machine.
/// </summary>
public sealed class TargetCacheOptions
{
    /// <summary>Whether they are kept.</summary>
    public TargetCaching Use { get; init; } = TargetCaching.Auto;

    /// <summary>The folder, which several runs may use at the same time; null is <c>trainmm/generator-targets</c> in the user's cache folder (<c>XDG_CACHE_HOME</c>, else <c>~/.cache</c>).</summary>
    [PathValue(PathRule.Any)]
    public string? Folder { get; init; }

    /// <summary>GiB that the folder may hold, those of other generators too. Nothing is deleted; what does not fit is computed each time.</summary>
    [Above(0)]
    public double MaxGib { get; init; } = 64;
}
