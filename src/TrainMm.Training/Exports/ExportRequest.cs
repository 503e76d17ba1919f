using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Training.Loop;

namespace TrainMm.Training.Exports;

/// <summary>What to export, and where to.</summary>
public sealed record ExportRequest
{
    /// <summary>The run's configuration.</summary>
    public required RunOptions Options { get; init; }

    /// <summary>The run's folder.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>For whom.</summary>
    public required ExportTarget Target { get; init; }

    /// <summary>The folder to write; it must be empty or not be there.</summary>
    public required string OutputFolder { get; init; }

    /// <summary>Whether the folder is read back into a fresh model, whose logits must be the run's.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>The element type of a generator's files; null is the run's.</summary>
    public ComputeType? Dtype { get; init; }

    /// <summary>Bytes that a file of weights may have before it is cut into shards.</summary>
    public long ShardBytes { get; init; } = ShardedSafetensors.DefaultShardBytes;
}

/// <summary>What was exported.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Files">Its files and their bytes, by name.</param>
/// <param name="LeftOut">Trained parts that the target has no place for, and that are therefore not in the folder.</param>
/// <param name="Verification">How the read-back compared; null where it was turned off.</param>
public sealed record ExportResult(string Folder, IReadOnlyList<KeyValuePair<string, long>> Files, IReadOnlyList<string> LeftOut, LogitComparison? Verification);

/// <summary>The logits of a model that was read back, beside the run's.</summary>
/// <param name="LargestError">The largest difference of any logit.</param>
/// <param name="LargestLogit">The largest logit of the run's, without its sign.</param>
/// <param name="Tolerance">What the difference may be, as a share of the largest logit.</param>
public sealed record LogitComparison(double LargestError, double LargestLogit, double Tolerance)
{
    /// <summary>What was compared: logits, or, of a model that has none, the parameters' numbers.</summary>
    public string Of { get; init; } = "logit";

    /// <summary>Whether the two agree; a model that gives no numbers agrees with nothing.</summary>
    public bool Agrees => LargestError <= Tolerance * LargestLogit;
}
