using System.Collections.Concurrent;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Manifests.Stores;

/// <summary>Options of media in a folder.</summary>
public sealed class FolderStoreOptions
{
    /// <summary>The folder that the rows' paths start in.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public required string Path { get; init; }

    /// <summary>Whether symbolic links below the folder are followed, wherever they lead; otherwise what lies behind one is refused. The folder itself may be one.</summary>
    public bool FollowLinks { get; init; }
}

/// <summary>Media as files below a folder; neither a name leads out of it nor, unless it is allowed, a link.</summary>
public sealed class FolderStore : IMediaStore
{
    private readonly bool followLinks;

    // Folder below the location → whether it or one above it is a link: many files lie in one folder.
    private readonly ConcurrentDictionary<string, bool> linkedFolders = new(StringComparer.Ordinal);

    /// <summary>Opens the folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="followLinks">Whether links below it are followed.</param>
    /// <exception cref="DataException">There is no such folder.</exception>
    public FolderStore(string path, bool followLinks = false)
    {
        if (!Directory.Exists(path)) throw new DataException("The folder does not exist.", path);
        Location = path;
        this.followLinks = followLinks;
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
        if (!followLinks && IsBehindLink(path)) throw new DataException("The file is a symbolic link or lies behind one, and may be anywhere; 'follow_links: true' beside the folder's path in the manifest allows it.", Path.Combine(Location, path));
        try
        {
            return File.ReadAllBytes(Path.Combine(Location, path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(File.Exists(Path.Combine(Location, path)) ? "The file cannot be read." : "The file does not exist.", Path.Combine(Location, path), error);
        }
    }

    private bool IsBehindLink(string path)
    {
        var folder = Path.GetDirectoryName(path);
        return (!string.IsNullOrEmpty(folder) && linkedFolders.GetOrAdd(folder, IsBehindLink)) || new FileInfo(Path.Combine(Location, path)).LinkTarget is not null;
    }

    /// <summary>Nothing is held open.</summary>
    public void Dispose()
    {
        // Files are opened for each read.
    }
}
