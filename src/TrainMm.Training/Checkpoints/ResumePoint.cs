using System.Security.Cryptography;
using System.Text;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Training.Stages;

namespace TrainMm.Training.Checkpoints;

/// <summary>A verified checkpoint to go on from, once its configuration is known to be the one at hand.</summary>
/// <param name="Folder">The checkpoint.</param>
/// <param name="State">Its state.</param>
public sealed record ResumePoint(string Folder, RunState State)
{
    /// <summary>Finds the newest verified checkpoint of a run and checks that the run's configuration has not changed since.</summary>
    /// <param name="store">The run's checkpoints.</param>
    /// <param name="stage">The stage that is to go on.</param>
    /// <param name="config">The resolved configuration, YAML.</param>
    /// <param name="allowedChanges">Keys that may differ.</param>
    /// <param name="rejected">Called for each newer checkpoint that does not verify.</param>
    /// <returns>Null where there is no checkpoint.</returns>
    /// <exception cref="CheckpointException">There are checkpoints, but none verifies, or they are another stage's.</exception>
    /// <exception cref="ConfigurationException">The configuration has changed.</exception>
    public static ResumePoint? Find(CheckpointStore store, StageKind stage, string config, IReadOnlyList<string> allowedChanges, Action<RejectedCheckpoint> rejected)
    {
        if (store.FindNewest(rejected) is not { } folder)
        {
            return store.Steps().Count == 0
                ? null
                : throw new CheckpointException($"None of the checkpoints beside {store.PathOf(store.Steps()[0])} verifies; remove them to start anew, or give another --run-dir.");
        }

        var state = CheckpointStore.ReadState(folder);
        if (state.Stage != stage) throw new CheckpointException($"{folder} is a checkpoint of {OptionName.Of(state.Stage.ToString())}, not of {OptionName.Of(stage.ToString())}; give another --run-dir.");
        CheckConfig(folder, state.Config, config, allowedChanges);
        return new ResumePoint(folder, state);
    }

    /// <summary>Checks that the data and the frozen parts are still those that the run began with.</summary>
    /// <param name="data">The training set's fingerprint.</param>
    /// <param name="frozen">Hash of the frozen tensors.</param>
    /// <exception cref="CheckpointException">They are not.</exception>
    public void Check(string data, string frozen)
    {
        if (State.DataFingerprint != data) throw new CheckpointException($"The training set has changed since {Folder} was written: it cannot go on in the same order. Start a new run for the new data.");
        if (State.FrozenHash != frozen) throw new CheckpointException($"The frozen parts have changed since {Folder} was written: the files that the configuration names hold other weights. Start a new run for them.");
    }

    /// <summary>What may make the resumed run differ in its last bits from one that was never interrupted.</summary>
    /// <param name="libTorch">libtorch's version.</param>
    /// <param name="threads">Threads per operation.</param>
    public IEnumerable<string> Warnings(string libTorch, int threads)
    {
        if (State.LibTorch != libTorch) yield return $"The checkpoint was written with libtorch {State.LibTorch}, this is {libTorch}: results may differ in their last bits.";
        if (State.Threads != threads) yield return $"The checkpoint was written with {State.Threads} threads, this run has {threads}: results may differ in their last bits.";
    }

    /// <summary>SHA-256 of a resolved configuration.</summary>
    internal static string FingerprintOf(string config) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(config)));

    private static void CheckConfig(string folder, string before, string after, IReadOnlyList<string> allowedChanges)
    {
        if (before == after) return;
        var changes = ConfigDiff.Between(ConfigDocument.Parse(before, folder).Root, ConfigDocument.Parse(after, "the configuration").Root)
            .Where(change => !allowedChanges.Any(allowed => change.Name == allowed || change.Name.StartsWith(allowed + ".", StringComparison.Ordinal)))
            .ToList();
        if (changes.Count == 0) return;
        throw new ConfigurationException(
        [
            .. changes.Select(change => new Diagnostic(
                Severity.Error,
                Path.Combine(folder, "state.json"),
                0,
                0,
                $"the run was begun with another {change}",
                change == changes[^1] ? $"give another --run-dir for another run, or --allow-change {change.Name} to go on with the new value" : null)),
        ]);
    }
}
