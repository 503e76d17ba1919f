using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TrainMm.Core;
using TrainMm.Data.Manifests.Rows;

namespace TrainMm.Data.Manifests;

/// <summary>
/// Keeps a large manifest's index for its next opening: beside the manifest, or in the user's cache folder where that cannot be written.
/// An index is taken only for the same bytes of rows, the same options and the same build of this library. All bytes are hashed at each opening
/// (about a second for 1 GB), since size and time of a file do not tell an edit apart from a copy.
/// </summary>
/// <param name="set">The manifest, its rows and media.</param>
/// <param name="notices">What the user should know.</param>
internal sealed class RowIndexCache(OpenManifest set, List<string> notices)
{
    /// <summary>Smaller rows are scanned in less time than an index is worth.</summary>
    internal const long DefaultLeastBytes = 16 << 20;

    private const string Suffix = ".rowindex";

    /// <summary>Rows of fewer bytes get no index.</summary>
    internal long LeastBytes { get; init; } = DefaultLeastBytes;

    /// <summary>Takes the rows that cannot be used; null: there may be none.</summary>
    internal BadSamples? Bad { get; init; }

    /// <summary>The places of the rows that were set aside, for the fingerprint; empty where there were none.</summary>
    internal string LeftOut { get; private set; } = "";

    /// <summary>The cached index where there is one that holds, else one made by a scan.</summary>
    internal RowPlace[] Open()
    {
        var scan = new ManifestScan(set, Bad);
        if (set.Rows.ContentBytes < LeastBytes || set.Manifest.Quarantine is not null)
        {
            var places = scan.Run().Places;
            LeftOut = scan.LeftOut;
            if (scan.Quarantined > 0) notices.Add($"{set.Path}: {scan.Quarantined:N0} rows were left out by {set.Manifest.Quarantine}.");
            return places;
        }

        var key = KeyOf(set.Rows.HashContent());
        if (Find(key) is { } cached) return cached;
        var index = scan.Run();
        LeftOut = scan.LeftOut;
        if (LeftOut.Length > 0) return index.Places;

        // The scan hashed what it read: where that is not what was hashed before, somebody writes to the rows, and the key is the scan's.
        Keep(KeyOf(set.Rows.Fingerprint), index);
        return index.Places;
    }

    private RowPlace[]? Find(byte[] key)
    {
        foreach (var file in Candidates())
        {
            switch (RowIndexFile.TryRead(file, key, out var index))
            {
                case RowIndexFile.Outcome.Found when index!.Media.All(name => set.HasMedium(name)):
                    return index.Places;
                case RowIndexFile.Outcome.Found:
                    notices.Add($"{file}: media that the rows name are gone; the rows are read again.");
                    return null;
                case RowIndexFile.Outcome.Stale:
                    notices.Add($"{file}: the rows, the manifest or the program changed since this index was made; it is made again.");
                    break;
                case RowIndexFile.Outcome.Damaged:
                    notices.Add($"{file}: the index is damaged; it is made again.");
                    break;
            }
        }

        return null;
    }

    private void Keep(byte[] key, RowIndex index)
    {
        var reasons = new List<string>();
        foreach (var file in Candidates())
        {
            try
            {
                RowIndexFile.Write(file, key, index);
                return;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                reasons.Add(error.Message);
            }
        }

        notices.Add($"{set.Path}: no index can be kept, so that the rows are read anew each time: {string.Join(' ', reasons)}");
    }

    private string[] Candidates()
    {
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(set.Path)))[..32];
        return [set.Path + Suffix, Path.Combine(CacheFolder.Of("row-index"), name + Suffix)];
    }

    private byte[] KeyOf(string content)
    {
        var where = set.Manifest.Where.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (string[])[pair.Key, pair.Value]);
        string[] parts =
        [
            content,
            set.Manifest.Rows.Kind,
            JsonSerializer.Serialize(set.Manifest.Rows.Options, set.Manifest.Rows.Options.GetType()),
            JsonSerializer.Serialize(where),
            typeof(RowIndexCache).Module.ModuleVersionId.ToString(),
        ];
        return SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts)));
    }
}
