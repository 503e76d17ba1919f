using System.Security.Cryptography;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Manifests;

/// <summary>Compares a manifest's files with the sizes and hashes that it gives.</summary>
internal static class ManifestFiles
{
    /// <summary>Checks every file.</summary>
    /// <exception cref="DataException">A file differs; all that differ are named.</exception>
    internal static void Check(IReadOnlyList<ManifestFile> files)
    {
        var faults = files.Select(Problem).OfType<string>().ToArray();
        if (faults.Length > 0) throw new DataException(string.Join('\n', faults));
    }

    private static string? Problem(ManifestFile file)
    {
        try
        {
            using var stream = File.OpenRead(file.Path);
            if (file.Bytes is { } bytes && stream.Length != bytes)
                return $"{file.Path}: The file's size is {stream.Length:N0} bytes; its manifest says {bytes:N0}. Is the download complete?";
            if (file.Sha256 is not { } expected) return null;
            var hash = Convert.ToHexStringLower(SHA256.HashData(stream));
            return string.Equals(hash, expected, StringComparison.OrdinalIgnoreCase) ? null : $"{file.Path}: The file's SHA-256 is {hash}; its manifest says {expected}.";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"{file.Path}: The file cannot be read.";
        }
    }
}
