namespace TrainMm.Data.Manifests.Stores;

/// <summary>Where a manifest's media lie: a folder or an archive, with random access by name. Thread-safe.</summary>
public interface IMediaStore : IDisposable
{
    /// <summary>The folder or archive, for messages.</summary>
    string Location { get; }

    /// <summary>Says which content the store's index stands for; empty where only the names are known.</summary>
    string Fingerprint { get; }

    /// <summary>Whether the store has a medium of this name.</summary>
    /// <param name="name">The name as the rows have it.</param>
    bool Contains(string name);

    /// <summary>Reads a whole medium.</summary>
    /// <param name="name">The name as the rows have it.</param>
    /// <exception cref="Core.Diagnostics.DataException">There is none of this name, the name leaves the store, or the medium is damaged.</exception>
    byte[] Read(string name);
}

/// <summary>What is known when a manifest's rows and media are opened.</summary>
/// <param name="ManifestPath">The manifest's absolute path.</param>
public sealed record ManifestContext(string ManifestPath);
