using System.Text.Json;
using System.Text.Json.Serialization;

namespace TrainMm.Training.Metrics;

/// <summary>A file of one JSON object a line, flushed line by line, whose records are numbered by the step they belong to.</summary>
public static class JsonLines
{
    /// <summary>How records are written: snake_case, non-finite numbers by name.</summary>
    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Appends a record.</summary>
    public static void Append<TRecord>(string path, TRecord record) => File.AppendAllText(path, JsonSerializer.Serialize(record, Json) + "\n");

    /// <summary>All records of a file; none where it does not exist. A last line that was cut off by a kill is passed over.</summary>
    public static IReadOnlyList<TRecord> Read<TRecord>(string path)
        where TRecord : class => !File.Exists(path) ? [] : [.. File.ReadLines(path).Select(Parse<TRecord>).OfType<TRecord>()];

    /// <summary>Removes the records of steps that a resumed run will do again.</summary>
    /// <param name="path">The file; nothing is done where it does not exist.</param>
    /// <param name="lastStep">The last step whose records stay.</param>
    /// <param name="stepOf">A record's step.</param>
    public static void Truncate<TRecord>(string path, long lastStep, Func<TRecord, long> stepOf)
        where TRecord : class
    {
        if (!File.Exists(path)) return;
        var kept = File.ReadLines(path).Where(line => Parse<TRecord>(line) is { } record && stepOf(record) <= lastStep).ToList();
        Checkpoints.DurableFiles.WriteText(path, string.Concat(kept.Select(line => line + "\n")));
    }

    private static TRecord? Parse<TRecord>(string line)
        where TRecord : class
    {
        try
        {
            return line.Length == 0 ? null : JsonSerializer.Deserialize<TRecord>(line, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
