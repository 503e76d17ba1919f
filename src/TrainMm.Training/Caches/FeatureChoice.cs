using System.Globalization;
using TrainMm.Models;

namespace TrainMm.Training.Caches;

/// <summary>What decides whether features are kept, and where.</summary>
internal sealed record FeatureFacts
{
    /// <summary>Samples in the training set.</summary>
    public required long Samples { get; init; }

    /// <summary>Samples that the whole run takes.</summary>
    public required long Seen { get; init; }

    /// <summary>Bytes that a medium's features take.</summary>
    public required long BytesPerMedium { get; init; }

    /// <summary>Media whose features other runs have kept on disk.</summary>
    public required long Known { get; init; }

    /// <summary>Why the features may not be kept on disk unasked; null where they may.</summary>
    public required string? DiskObjection { get; init; }

    /// <summary>Measured seconds that encoding a medium takes.</summary>
    public required double EncodeSeconds { get; init; }

    /// <summary>Measured seconds that reading a medium's features takes; null where nothing was measured.</summary>
    public required double? ReadSeconds { get; init; }

    /// <summary>What the run chose when it began, where it goes on.</summary>
    public bool? Before { get; init; }
}

/// <summary>Whether features are kept and whether on disk, and why.</summary>
/// <param name="IsKept">Whether they are kept at all.</param>
/// <param name="OnDisk">Whether new ones are written to disk.</param>
/// <param name="Reason">Why, as the end of a sentence.</param>
internal sealed record FeatureChoice(bool IsKept, bool OnDisk, string Reason)
{
    /// <summary>Chooses.</summary>
    /// <param name="cache">What the user wants.</param>
    /// <param name="facts">What is known and was measured.</param>
    public static FeatureChoice Of(FeatureCache cache, FeatureFacts facts)
    {
        if (cache == FeatureCache.Off) return new(false, false, "train.feature_cache is off");
        if (cache == FeatureCache.On) return new(true, true, "train.feature_cache is on");
        var bytes = facts.BytesPerMedium * facts.Samples;
        var (fitsMemory, disk) = (bytes <= FrozenFeatures.DefaultCapacity, facts.DiskObjection ?? SlowDisk(facts));
        var size = string.Create(CultureInfo.InvariantCulture, $"they take {bytes / 1048576.0:0.#} MiB");
        if (facts.Before is { } before) return new(before, before && disk is null, $"the run began {(before ? "with" : "without")} them");
        if (facts.Seen <= facts.Samples && 2 * facts.Known < facts.Samples) return new(false, false, "the run takes each sample once, and no other run has kept them");
        if (!fitsMemory && disk is not null && 2 * facts.Known < facts.Samples) return new(false, false, $"{size}, more than the 2 GiB that memory may hold, and on disk {disk}");
        var again = facts.Seen > facts.Samples
            ? string.Create(CultureInfo.InvariantCulture, $"each of {facts.Samples} samples is taken {(double)facts.Seen / facts.Samples:0.#} times")
            : "another run has kept them";
        return new(true, disk is null, $"{again}, {size}{Speeds(facts)}{(disk is null ? "" : $"; not on disk: {disk}")}");
    }

    private static string? SlowDisk(FeatureFacts facts) => facts.ReadSeconds is { } read && read >= facts.EncodeSeconds
        ? string.Create(CultureInfo.InvariantCulture, $"reading a medium's takes {read * 1000:0.00} ms, encoding it {facts.EncodeSeconds * 1000:0.00} ms")
        : null;

    private static string Speeds(FeatureFacts facts) => facts.ReadSeconds is { } read
        ? string.Create(CultureInfo.InvariantCulture, $", encoding a medium takes {facts.EncodeSeconds * 1000:0.0} ms and reading its features {read * 1000:0.00} ms")
        : "";
}
