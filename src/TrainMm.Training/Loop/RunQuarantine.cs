using System.Collections.Concurrent;
using TrainMm.Data;
using TrainMm.Data.Manifests;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Metrics;

namespace TrainMm.Training.Loop;

/// <summary>
/// The rows that a run has set aside, in its folder's <c>quarantine.jsonl</c>: a file that a manifest's <c>quarantine:</c> takes as it is. A run that goes on knows those it set aside before.
/// </summary>
internal sealed class RunQuarantine
{
    private readonly ConcurrentQueue<BadSample> untold = new();
    private readonly string file;

    private RunQuarantine(string file, double maxFraction)
    {
        this.file = file;
        // A last line that a kill cut off would spoil the next.
        JsonLines.Truncate<QuarantinedRow>(file, 0, _ => 0);
        Bad = new BadSamples(maxFraction, JsonLines.Read<QuarantinedRow>(file).Select(row => new BadSample(row.Hash, row.Origin, row.Reason)), Note);
    }

    /// <summary>Takes bad samples, from any thread.</summary>
    public BadSamples Bad { get; }

    /// <summary>Opens a run's file; null where a bad sample is to end the run.</summary>
    /// <param name="directory">The run's folder.</param>
    /// <param name="options">What becomes of bad samples.</param>
    /// <param name="goesOn">Whether the run goes on from a checkpoint; one that begins has set nothing aside.</param>
    public static RunQuarantine? Open(RunDirectory directory, DataOptions options, bool goesOn)
    {
        if (!goesOn) File.Delete(directory.Quarantine);
        return options.OnBadSample == BadSamplePolicy.Quarantine ? new RunQuarantine(directory.Quarantine, options.MaxBadFraction) : null;
    }

    /// <summary>Tells of those that came since the last call.</summary>
    public void Tell(IRunObserver observer)
    {
        while (untold.TryDequeue(out var bad)) observer.Notice(new RunNotice($"Set aside: {bad.Reason}{(bad.Reason.StartsWith(bad.Origin, StringComparison.Ordinal) ? "" : $" (row {bad.Origin})")}", IsWarning: true));
    }

    /// <summary>Says at the end how many there were.</summary>
    public void Summarise(IRunObserver observer, long rows)
    {
        Tell(observer);
        if (Bad.Count > 0) observer.Notice(new RunNotice($"{Bad.Count:N0} of {rows:N0} samples could not be used and were set aside: {file}", IsWarning: true));
    }

    private void Note(BadSample bad)
    {
        JsonLines.Append(file, new QuarantinedRow(bad.Hash, bad.Origin, bad.Reason));
        untold.Enqueue(bad);
    }
}
