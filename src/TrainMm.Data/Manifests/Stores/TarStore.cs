using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Manifests.Stores;

/// <summary>Options of media in tar shards.</summary>
public sealed class TarStoreOptions
{
    /// <summary>The tars, not compressed; the rows name their files.</summary>
    [NotEmpty]
    [PathValue(PathRule.ExistingFile)]
    public required IReadOnlyList<string> Paths { get; init; }
}

/// <summary>Media as the files of one or more tars, such as WebDataset's shards: indexed once by reading their headers, then any file is one read away.</summary>
public sealed class TarStore : IMediaStore
{
    private readonly ArchiveFile[] files;
    private readonly ArchiveIndex index = new();

    /// <summary>Opens the tars and indexes them.</summary>
    /// <exception cref="DataException">One cannot be opened, is damaged or compressed, or holds what is refused: links, devices, names that lead out of it.</exception>
    public TarStore(IReadOnlyList<string> paths)
    {
        files = new ArchiveFile[paths.Count];
        try
        {
            for (var i = 0; i < files.Length; i++)
            {
                files[i] = new ArchiveFile(paths[i]);
                new TarReader(files[i], i).AddTo(index);
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        Location = files.Length == 1 ? paths[0] : $"{paths[0]} and {files.Length - 1} more";
        Fingerprint = string.Join(' ', files.Select(file => $"{Path.GetFileName(file.Path)}:{file.Length}"));
    }

    /// <inheritdoc/>
    public string Location { get; }

    /// <summary>The shards' names and sizes: a tar keeps no checksums of its files.</summary>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public bool Contains(string name) => index.TryFind(name, out _);

    /// <inheritdoc/>
    public byte[] Read(string name)
    {
        if (!index.TryFind(name, out var entry)) throw new DataException("There is no such file.", $"{Location}!{name}");
        return Read(entry, name);
    }

    /// <summary>Walks through one of the tars.</summary>
    internal TarReader ReaderOf(int file) => new(files[file], file);

    /// <summary>Reads a file whose place is known.</summary>
    /// <exception cref="DataException">It is too large, or the tar cannot be read.</exception>
    internal byte[] Read(ArchiveEntry entry, string name)
    {
        if (entry.Size > ArchiveFile.MaxEntrySize) throw new DataException($"The file has {entry.Size:N0} bytes, more than a medium may have.", $"{files[entry.File].Path}!{name}");
        var content = new byte[entry.Size];
        files[entry.File].Read(entry.Offset, content);
        return content;
    }

    /// <summary>Closes the tars.</summary>
    public void Dispose()
    {
        foreach (var file in files) file?.Dispose();
    }
}
