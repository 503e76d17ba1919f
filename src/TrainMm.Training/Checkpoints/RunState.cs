using System.Text.Json;
using System.Text.Json.Serialization;
using TrainMm.Core.Diagnostics;
using TrainMm.Training.Metrics;
using TrainMm.Training.Stages;

namespace TrainMm.Training.Checkpoints;

/// <summary>
/// A checkpoint's <c>state.json</c>: where the run stands, and what it was made from. It knows of no ranks or devices, so that it can be resumed on others.
/// Random numbers are keyed by seed, step and sample, so the seed is their whole state.
/// </summary>
public sealed record RunState
{
    /// <summary>The schema that this program writes and reads.</summary>
    public const int CurrentVersion = 1;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
    };

    /// <summary>The schema's version.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>The stage.</summary>
    public required StageKind Stage { get; init; }

    /// <summary>Optimiser steps done.</summary>
    public required long Step { get; init; }

    /// <summary>Samples taken: the position in the endless sample order at which the next step begins.</summary>
    public required long Position { get; init; }

    /// <summary>The seed of the sample order and of all random numbers.</summary>
    public required long Seed { get; init; }

    /// <summary>SHA-256 chain over the sample hashes of all steps: equal chains have seen the same samples in the same order.</summary>
    public required string OrderHash { get; init; }

    /// <summary>The resolved configuration, YAML.</summary>
    public required string Config { get; init; }

    /// <summary>SHA-256 of <see cref="Config"/>.</summary>
    public required string ConfigFingerprint { get; init; }

    /// <summary>The training set's fingerprint.</summary>
    public required string DataFingerprint { get; init; }

    /// <summary>libtorch's version: another one may compute other last bits.</summary>
    public required string LibTorch { get; init; }

    /// <summary>Threads per operation: another number may compute other last bits.</summary>
    public required int Threads { get; init; }

    /// <summary>Hash of the frozen tensors when the run began; they must still have it when it ends.</summary>
    public required string FrozenHash { get; init; }

    /// <summary>Loss of the last step.</summary>
    public required double? LastLoss { get; init; }

    /// <summary>The held-out record of the lowest loss; its step's checkpoint is kept.</summary>
    public required HeldOutRecord? Best { get; init; }

    /// <summary>Steps in a row, the last one included, that were left out because their numbers were not finite.</summary>
    public int ConsecutiveSkips { get; init; }

    /// <summary>Samples that go through the model at once since memory ran out; null: as configured.</summary>
    public int? MicroBatchSize { get; init; }

    /// <summary>Whether a signal interrupted the step's held-out evaluation, which is then still to be done.</summary>
    public bool EvaluationIsDue { get; init; }

    /// <summary>Whether the run keeps features of frozen encoders, where <c>train.feature_cache</c> left that to it; null where it did not.</summary>
    public bool? FeaturesAreKept { get; init; }

    /// <summary>The state as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>Reads a state.</summary>
    /// <param name="json">The text.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="CheckpointException">The text is no state of this version.</exception>
    public static RunState FromJson(string json, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (!document.RootElement.TryGetProperty("version", out var version) || !version.TryGetInt32(out var number))
                throw new CheckpointException($"{path} has no version.");
            if (number != CurrentVersion) throw new CheckpointException($"{path} has version {number}; this program reads version {CurrentVersion}.");
            return document.Deserialize<RunState>(Json) ?? throw new CheckpointException($"{path} is empty.");
        }
        catch (JsonException fault)
        {
            throw new CheckpointException($"{path} is not a checkpoint's state: {fault.Message}", fault);
        }
    }
}
