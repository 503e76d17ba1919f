using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Manifests.Stores;

/// <summary>Options of media in a folder.</summary>
public sealed class FolderStoreOptions
{
    /// <summary>The folder that the rows' paths start in.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public required string Path { get; init; }
}

/// <summary>Media as files below a folder; no name leads out of it.</summary>
public sealed class FolderStore : IMediaStore
{
    /// <summary>Opens the folder.</summary>
    /// <exception cref="DataException">There is no such folder.</exception>
    public FolderStore(string path)
    {
        if (!Directory.Exists(path)) throw new DataException("The folder does not exist.", path);
        Location = path;
    }

    /// <inheritdoc/>
    public string Location { get; }

    /// <inheritdoc/>
    public string Fingerprint => "";

    /// <inheritdoc/>
    public bool Contains(string name) => MediumPath.Normalise(name) is { } path && File.Exists(Path.Combine(Location, path));

    /// <inheritdoc/>
    public byte[] Read(string name)
    {
        var path = MediumPath.Normalise(name) ?? throw new DataException($"The name '{name}' does not stay in the folder.", Location);
        try
        {
            return File.ReadAllBytes(Path.Combine(Location, path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(File.Exists(Path.Combine(Location, path)) ? "The file cannot be read." : "The file does not exist.", Path.Combine(Location, path), error);
        }
    }

    /// <summary>Nothing is held open.</summary>
    public void Dispose()
    {
        // Files are opened for each read.
    }
}
