using System.Diagnostics;
using System.Globalization;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Batching;
using TrainMm.Torch;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Evaluation;
using TrainMm.Training.Metrics;
using TrainMm.Training.Parts;
using TrainMm.Training.Reporting;
using TrainMm.Training.Stages;

namespace TrainMm.Training.Loop;

/// <summary>Runs a stage from its configuration to its trained parts.</summary>
public static class RunSession
{
    /// <summary>Trains to the last step, or to a stop signal, with a checkpoint in either case.</summary>
    /// <param name="request">What to run.</param>
    /// <param name="observer">Who is told.</param>
    /// <param name="stop">Polled once a step.</param>
    /// <exception cref="UserException">The configuration, the data or a checkpoint cannot be used; the exception's exit code says which.</exception>
    /// <exception cref="InvalidOperationException">A frozen tensor has changed; nothing was exported.</exception>
    public static RunResult Start(RunRequest request, IRunObserver observer, StopSignal stop)
    {
        var started = Stopwatch.GetTimestamp();
        Runtime.Initialize(request.Options.Threads ?? 0);
        var directory = new RunDirectory(request.RunDirectory);
        using var held = directory.Lock();
        try
        {
            return Run(request, directory, observer, stop, started);
        }
        catch (Exception fault) when (OutOfMemory.IsCause(fault))
        {
            throw new MemoryExhaustedException(fault);
        }
    }

    private static RunResult Run(RunRequest request, RunDirectory directory, IRunObserver observer, StopSignal stop, long started)
    {
        var config = ConfigWriter.Write(request.Options);
        var point = FindCheckpoint(request, directory, config, observer);
        var quarantine = RunQuarantine.Open(directory, request.Options.Data, goesOn: point is not null);
        using var assembly = RunAssembly.Build(request.Options, Stage.Of(request.Stage), config, observer.Notice, quarantine?.Bad, point?.State);
        point?.Check(assembly.DataFingerprint, assembly.FrozenHash);
        using var loop = new TrainingLoop(assembly, directory, observer, stop, quarantine);
        if (point is not null) loop.ResumeFrom(assembly.Restore(point));
        PrepareFiles(directory, config, loop.Progress.Step);

        var start = assembly.Describe(directory.Root, loop.Progress.Step);
        observer.RunStarted(start);
        if (point is not null)
        {
            observer.Resumed(point.Folder, point.State.Step);
            foreach (var warning in point.Warnings(start.LibTorch, start.Threads)) observer.Notice(new RunNotice(warning, IsWarning: true));
        }

        var isDone = loop.Run();
        assembly.TellOfCaches(observer.Notice);
        if (loop.Figures is { } figures) Tell(figures, observer);
        quarantine?.Summarise(observer, assembly.TrainingRows);
        assembly.VerifyFrozen();
        if (isDone) new TrainedParts(directory.Final).Save(assembly.Model, assembly.Parts);
        stop.IsPolled = false;
        TellOfPadding(Summarise(directory, start, loop, isDone, assembly.FrozenHash), request.Options.Data.Packing, observer);
        if (isDone) new SampleAnswers(assembly.GenerateSamples()).Write(directory.Samples);
        RunReportBuilder.Write(directory);

        var result = new RunResult
        {
            ExitCode = isDone ? ExitCode.Done : ExitCode.Preempted,
            Step = loop.Progress.Step,
            TotalSteps = assembly.TotalSteps,
            LastLoss = loop.Progress.LastLoss,
            Best = loop.Progress.Best,
            Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
            FinalFolder = isDone ? directory.Final : null,
            Report = directory.Report,
        };
        observer.RunFinished(result);
        return result;
    }

    private static ResumePoint? FindCheckpoint(RunRequest request, RunDirectory directory, string config, IRunObserver observer)
    {
        var store = new CheckpointStore(directory.Checkpoints);
        if (request.Resume == ResumeMode.Auto) return ResumePoint.Find(store, request.Stage, config, request.AllowedChanges, observer.CheckpointRejected);
        if (store.Steps().Count > 0) throw new CheckpointException($"{directory.Root} already holds checkpoints; give another --run-dir, or --resume auto to go on with them.");
        return null;
    }

    private static void PrepareFiles(RunDirectory directory, string config, long step)
    {
        DurableFiles.WriteText(directory.Config, config);
        JsonLines.Truncate<StepMetrics>(directory.Metrics, step, line => line.Step);
        if (step == 0) File.Delete(directory.HeldOut);
        else JsonLines.Truncate<HeldOutRecord>(directory.HeldOut, step, line => line.Step);
    }

    private static void Tell(LoopFigures figures, IRunObserver observer) => observer.Notice(new RunNotice(string.Create(
        CultureInfo.InvariantCulture,
        $"{figures.Steps} steps waited for batches {100 * figures.WaitShare:0.0} % of their time; the longest of {figures.Gen0Collections + figures.Gen1Collections + figures.Gen2Collections} pauses to collect garbage ({figures.Gen2Collections} for all of it) took {figures.LongestPauseMs:0.0} ms; a step allocates {figures.AllocatedKibAtLast:0} KiB (at first {figures.AllocatedKibAtFirst:0}).")));

    /// <summary>Writes what the run was, and gives it back.</summary>
    private static RunSummary Summarise(RunDirectory directory, RunStart start, TrainingLoop loop, bool isDone, string frozenHash)
    {
        var steps = JsonLines.Read<StepMetrics>(directory.Metrics);
        var positions = steps.Sum(line => line.Positions);
        var summary = new RunSummary
        {
            Start = start,
            Step = loop.Progress.Step,
            IsDone = isDone,
            FrozenHash = frozenHash,
            Best = loop.Progress.Best,
            StepSeconds = Math.Round(steps.Sum(line => line.StepMs) / 1000, 1),
            Padding = positions == 0 ? null : Math.Round(1 - ((double)steps.Sum(line => line.Tokens) / positions), 4),
            Loop = loop.Figures,
        };
        summary.Write(directory);
        return summary;
    }

    private static void TellOfPadding(RunSummary summary, Packing packing, IRunObserver observer)
    {
        if (summary.Padding is not { } share) return;
        var hint = packing == Packing.Pack ? "the samples are packed" : "data.packing: pack does without";
        observer.Notice(new RunNotice(string.Create(CultureInfo.InvariantCulture, $"Of the positions that went through the language model {100 * share:0.0} % were padding ({hint}).")));
    }
}
