using System.Text.Json;

namespace TrainMm.Training.Checkpoints;

/// <summary>A checkpoint's <c>manifest.json</c>: every file with its size and SHA-256. It is written last, so a folder without it is no checkpoint.</summary>
internal sealed record CheckpointManifest
{
    /// <summary>The manifest's file name.</summary>
    public const string FileName = "manifest.json";

    private const int CurrentVersion = 1;
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, NewLine = "\n" };

    /// <summary>The schema's version.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Files by name.</summary>
    public required SortedDictionary<string, FileRecord> Files { get; init; }

    /// <summary>Describes the files of a folder.</summary>
    public static CheckpointManifest Of(string folder, IEnumerable<string> files)
    {
        var records = new SortedDictionary<string, FileRecord>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            var path = Path.Combine(folder, file);
            records.Add(file, new FileRecord(new FileInfo(path).Length, DurableFiles.HashOf(path)));
        }

        return new CheckpointManifest { Files = records };
    }

    /// <summary>Writes the manifest into the folder.</summary>
    public void Write(string folder) => DurableFiles.WriteText(Path.Combine(folder, FileName), ToJson());

    /// <summary>Checks a folder against its manifest.</summary>
    /// <param name="folder">The checkpoint.</param>
    /// <param name="expected">Files that a checkpoint must have.</param>
    /// <returns>What is wrong, in one sentence, or null.</returns>
    public static string? Problem(string folder, IEnumerable<string> expected)
    {
        try
        {
            var path = Path.Combine(folder, FileName);
            if (!File.Exists(path)) return $"{FileName} is missing: it was not written to its end";
            var text = File.ReadAllText(path);
            var manifest = JsonSerializer.Deserialize<CheckpointManifest>(text, Json);
            if (manifest?.Files is null || manifest.Version != CurrentVersion) return $"{FileName} is not a manifest of version {CurrentVersion}";
            if (manifest.ToJson() != text) return $"{FileName} is damaged: it is not as it was written";
            return expected.FirstOrDefault(file => !manifest.Files.ContainsKey(file)) is { } unlisted
                ? $"{FileName} does not list {unlisted}"
                : manifest.Files.Select(pair => Problem(folder, pair.Key, pair.Value)).FirstOrDefault(problem => problem is not null);
        }
        catch (JsonException)
        {
            return $"{FileName} is damaged";
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return fault.Message;
        }
    }

    private string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    private static string? Problem(string folder, string file, FileRecord record)
    {
        if (file != Path.GetFileName(file)) return $"{FileName} lists '{file}', which is outside the checkpoint";
        var info = new FileInfo(Path.Combine(folder, file));
        if (!info.Exists) return $"{file} is missing";
        if (info.Length != record.Bytes) return $"{file} has {info.Length} bytes, {FileName} says {record.Bytes}";
        return DurableFiles.HashOf(info.FullName) == record.Sha256 ? null : $"{file} is damaged: its SHA-256 is not the one in {FileName}";
    }
}

/// <summary>A file of a checkpoint.</summary>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its hash, lower-case hex.</param>
internal sealed record FileRecord(long Bytes, string Sha256);
