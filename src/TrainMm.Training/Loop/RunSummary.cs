using System.Text.Json;
using System.Text.Json.Serialization;
using TrainMm.Core.Diagnostics;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Metrics;

namespace TrainMm.Training.Loop;

/// <summary>What a run consists of: <c>run.json</c>, from which reports and evaluations learn what they look at.</summary>
public sealed record RunSummary
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>What it was about to do.</summary>
    public required RunStart Start { get; init; }

    /// <summary>Steps done.</summary>
    public required long Step { get; init; }

    /// <summary>Whether all steps are done, and the frozen tensors were found unchanged after them.</summary>
    public required bool IsDone { get; init; }

    /// <summary>Hash of the frozen tensors, the same before and after.</summary>
    public required string FrozenHash { get; init; }

    /// <summary>The held-out record of the lowest loss; null when none was taken.</summary>
    public required HeldOutRecord? Best { get; init; }

    /// <summary>Seconds that the steps took, over all processes that worked on the run.</summary>
    public required double StepSeconds { get; init; }

    /// <summary>The share of padding among the positions that went through the language model in all steps; null where there is no language model.</summary>
    public double? Padding { get; init; }

    /// <summary>How smoothly the steps of the process that wrote this went; null where it took none.</summary>
    public LoopFigures? Loop { get; init; }

    /// <summary>Writes the summary into a run's folder.</summary>
    public void Write(RunDirectory directory) => DurableFiles.WriteText(directory.Summary, JsonSerializer.Serialize(this, Json) + "\n");

    /// <summary>Reads a run's summary.</summary>
    /// <exception cref="CheckpointException">The folder holds no run, or the summary cannot be read.</exception>
    public static RunSummary Read(RunDirectory directory)
    {
        try
        {
            return JsonSerializer.Deserialize<RunSummary>(File.ReadAllText(directory.Summary), Json) ?? throw new CheckpointException($"{directory.Summary} is empty.");
        }
        catch (JsonException fault)
        {
            throw new CheckpointException($"{directory.Summary} cannot be read: {fault.Message}", fault);
        }
        catch (IOException fault)
        {
            throw new CheckpointException($"{directory.Root} holds no run: {fault.Message}", fault);
        }
    }
}
