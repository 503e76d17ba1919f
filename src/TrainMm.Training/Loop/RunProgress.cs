using System.Security.Cryptography;
using System.Text;
using TrainMm.Training.Metrics;

namespace TrainMm.Training.Loop;

/// <summary>Where a run stands: all that its next step depends on beside weights, optimiser and configuration.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="OrderHash">Chain over the sample hashes of all steps.</param>
/// <param name="LastLoss">Loss of the last step.</param>
/// <param name="Best">The held-out record of the lowest loss.</param>
internal sealed record RunProgress(long Step, string OrderHash, double? LastLoss, HeldOutRecord? Best)
{
    /// <summary>A run that has not begun.</summary>
    public static RunProgress Start { get; } = new(0, new string('0', 2 * SHA256.HashSizeInBytes), null, null);

    /// <summary>After one more step.</summary>
    public RunProgress After(string sampleHash, double loss) => this with
    {
        Step = Step + 1,
        OrderHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(OrderHash + sampleHash))),
        LastLoss = loss,
        Skips = 0,
    };

    /// <summary>Steps in a row, the last one included, that were left out because their numbers were not finite.</summary>
    public int Skips { get; init; }

    /// <summary>Samples that go through the model at once since memory ran out; null: as configured.</summary>
    public int? MicroBatch { get; init; }

    /// <summary>Whether the last step's held-out evaluation was interrupted and is still to be done.</summary>
    public bool EvaluationIsDue { get; init; }

    /// <summary>After a step that was left out: its samples count as seen.</summary>
    public RunProgress Skipped(string sampleHash) => After(sampleHash, 0) with { LastLoss = LastLoss, Skips = Skips + 1 };

    /// <summary>After a held-out evaluation.</summary>
    public RunProgress With(HeldOutRecord record) => Best is null || record.Loss < Best.Loss ? this with { Best = record } : this;
}
