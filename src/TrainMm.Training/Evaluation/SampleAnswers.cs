using System.Text.Json;
using TrainMm.Training.Checkpoints;

namespace TrainMm.Training.Evaluation;

/// <summary>Answers that a model wrote, as a file of a run's folder.</summary>
/// <param name="answers">The answers.</param>
public sealed class SampleAnswers(IReadOnlyList<GeneratedSample> answers)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, NewLine = "\n" };

    /// <summary>Writes the file.</summary>
    public void Write(string path) => DurableFiles.WriteText(path, JsonSerializer.Serialize(answers, Json) + "\n");

    /// <summary>Reads the file; null where there is none.</summary>
    public static IReadOnlyList<GeneratedSample>? TryRead(string path) =>
        File.Exists(path) ? JsonSerializer.Deserialize<IReadOnlyList<GeneratedSample>>(File.ReadAllText(path), Json) : null;
}
