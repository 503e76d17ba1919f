using System.Text.Encodings.Web;
using System.Text.Json;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Manifests;

/// <summary>Rows that are left out, by their content: a JSONL file that <c>trainmm check --quarantine</c> writes and a manifest names.</summary>
public sealed class Quarantine
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private readonly HashSet<string> hashes = new(StringComparer.Ordinal);

    private Quarantine()
    {
    }

    /// <summary>Reads the file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DataException">A line is not one of a quarantine file.</exception>
    public static Quarantine Read(string path)
    {
        var quarantine = new Quarantine();
        var line = 0;
        foreach (var text in File.ReadLines(path))
        {
            line++;
            if (string.IsNullOrWhiteSpace(text)) continue;
            try
            {
                var row = JsonSerializer.Deserialize<QuarantinedRow>(text, Readable);
                if (row is null or { Hash: not (null or { Length: 64 }) } or { Hash: null, Reason: null }) throw new DataException("The line is not one of a quarantine file: it has no `hash` of 64 digits.", $"{path}:{line}");
                if (row.Hash is { } hash) quarantine.hashes.Add(hash);
            }
            catch (JsonException error)
            {
                throw new DataException("The line is no JSON object of a quarantine file.", $"{path}:{line}", error);
            }
        }

        return quarantine;
    }

    /// <summary>Writes a file; one that is there is replaced.</summary>
    public static void Write(string path, IEnumerable<QuarantinedRow> rows) => File.WriteAllLines(path, rows.Select(row => JsonSerializer.Serialize(row, Readable)));

    /// <summary>Whether a row is left out.</summary>
    /// <param name="hash">Its content's hash.</param>
    public bool Holds(string hash) => hashes.Contains(hash);
}

/// <summary>A row that is left out.</summary>
/// <param name="Hash">SHA-256 of its content, in hexadecimal; null of a row that could not be read when a run met it, which no manifest can leave out by it.</param>
/// <param name="Origin">Where it stood when it was found, for people.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record QuarantinedRow(string? Hash, string Origin, string Reason);
