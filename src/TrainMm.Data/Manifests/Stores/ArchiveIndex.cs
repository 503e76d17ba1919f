using System.Diagnostics.CodeAnalysis;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Manifests.Stores;

/// <summary>The files of an archive by name. Built once, then only read.</summary>
internal sealed class ArchiveIndex
{
    private readonly Dictionary<string, ArchiveEntry> entries = new(StringComparer.Ordinal);

    internal int Count => entries.Count;

    /// <summary>Adds a file.</summary>
    /// <exception cref="DataException">The name leaves the archive or was there before.</exception>
    internal void Add(string name, ArchiveEntry entry, string archive)
    {
        var path = MediumPath.Normalise(name) ?? throw new DataException($"The archive is refused: its entry '{name}' has a name that leads out of it.", archive);
        if (!entries.TryAdd(path, entry)) throw new DataException($"The archive is refused: two entries have the name '{path}'.", archive);
    }

    internal bool TryFind(string name, [MaybeNullWhen(false)] out ArchiveEntry entry)
    {
        entry = default;
        return MediumPath.Normalise(name) is { } path && entries.TryGetValue(path, out entry);
    }
}
