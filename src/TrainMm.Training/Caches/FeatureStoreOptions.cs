using TrainMm.Core.Config;

namespace TrainMm.Training.Caches;

/// <summary>
/// Where features of frozen encoders are kept on disk (<c>train.feature_cache</c>), in the type that the run computes in. What was kept has the bits of what would be computed: it holds for the same weights, options, prepared
/// medium, type, program, libtorch and kind of machine, whatever the run; so runs share it, at the same time too.
/// </summary>
public sealed class FeatureStoreOptions
{
    /// <summary>The folder; null is <c>trainmm/features</c> in the user's cache folder (<c>XDG_CACHE_HOME</c>, else <c>~/.cache</c>).</summary>
    [PathValue(PathRule.Any)]
    public string? Folder { get; init; }

    /// <summary>GiB that the folder may hold, those of other encoders too. Nothing is deleted; what does not fit is encoded each time.</summary>
    [Above(0)]
    public double MaxGib { get; init; } = 64;
}
