using TrainMm.Core.Kept;

namespace TrainMm.Training.Caches;

/// <summary>A folder in which a run may keep tensors that it could compute again, and how much it may hold.</summary>
/// <param name="Root">The folder, which need not be there yet.</param>
/// <param name="MaxGib">GiB that it may hold, those of other runs too.</param>
internal sealed record CacheBudget(string Root, double MaxGib)
{
    /// <summary>Fewer bytes are not worth a file of their own accord.</summary>
    public const long WorthKeeping = 1 << 20;

    private const double BytesPerGib = 1L << 30;

    /// <summary>Bytes that may be added.</summary>
    public long Room { get; } = Math.Max(0, (long)(MaxGib * BytesPerGib) - TensorStore.BytesIn(Root));

    /// <summary>Why so many bytes are not to be kept unasked; null where they may be.</summary>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public string? Objection(long wanted)
    {
        if (wanted < WorthKeeping) return "they are too few to be worth a file";
        if (wanted > Room) return $"{Root} may hold {MaxGib:0.##} GiB, and the rest of that is too little";
        Directory.CreateDirectory(Root);
        return 2 * wanted > new DriveInfo(Path.GetFullPath(Root)).AvailableFreeSpace ? $"the disk of {Root} has less than twice that free" : null;
    }
}
