using System.Security.Cryptography;
using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Manifests.Rows;

namespace TrainMm.Data.Manifests;

/// <summary>The samples of one manifest: every row is read and checked once when it is opened (large rows once and for all, see <see cref="RowIndexCache"/>), then each on demand.</summary>
public sealed class ManifestSource : ISampleSource
{
    private readonly OpenManifest opened;
    private readonly RowPlace[] places;

    private ManifestSource(OpenManifest opened, long leastBytes, BadSamples? bad)
    {
        this.opened = opened;
        var notices = new List<string>();
        var index = new RowIndexCache(opened, notices) { LeastBytes = leastBytes, Bad = bad };
        places = index.Open();
        Notices = notices;
        var content = $"{opened.Rows.Fingerprint}\n{opened.Media?.Fingerprint}\n{string.Join('\n', Manifest.Where.OrderBy(pair => pair.Key, StringComparer.Ordinal))}{index.LeftOut}";
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));
    }

    /// <summary>The manifest as read.</summary>
    public DataManifest Manifest => opened.Manifest;

    /// <summary>What the user should know about the opening, a line each: an index that was stale, damaged or could not be kept.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <inheritdoc/>
    public string Name => Manifest.Name;

    /// <inheritdoc/>
    public int Count => places.Length;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>Reads a manifest, checks its files, opens its media and scans its rows.</summary>
    /// <param name="path">The manifest, a YAML file.</param>
    /// <param name="bad">Takes the rows that cannot be used, as far as it tolerates them; null: there may be none.</param>
    /// <exception cref="ConfigurationException">The manifest is wrong, or names files that do not exist.</exception>
    /// <exception cref="DataException">A file is not the one that the manifest means, rows cannot be used, or media are missing: all are counted and the first are named.</exception>
    public static ManifestSource Open(string path, BadSamples? bad = null) => Open(path, RowIndexCache.DefaultLeastBytes, bad);

    /// <summary>As <see cref="Open(string, BadSamples)"/>, with the size from which an index is kept.</summary>
    internal static ManifestSource Open(string path, long leastBytes, BadSamples? bad = null)
    {
        var set = OpenManifest.Open(path);
        try
        {
            return new ManifestSource(set, leastBytes, bad);
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Sample Read(int index) => opened.Rows.Read(places[index]) with { Row = index };

    /// <inheritdoc/>
    public byte[] ReadMedium(MediumReference medium) => opened.ReadMedium(medium.Path);

    /// <inheritdoc/>
    public string? HashOf(int index) => opened.Rows.HashRow(places[index]);

    /// <inheritdoc/>
    public string OriginOf(MediumReference medium) => opened.OriginOf(medium.Path);

    /// <summary>Closes the rows and the media.</summary>
    public void Dispose() => opened.Dispose();
}
