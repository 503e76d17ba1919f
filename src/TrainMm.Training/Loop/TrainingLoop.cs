using System.Diagnostics;
using TorchSharp;
using TrainMm.Core;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Batching;
using TrainMm.Models.LanguageModels.None;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Metrics;

namespace TrainMm.Training.Loop;

/// <summary>Steps from where a run stands to its end, with what happens between them: held-out loss, checkpoints, and a stop when a signal asks for one.</summary>
internal sealed class TrainingLoop : IDisposable
{
    private const double RecentShare = 0.1;

    private readonly RunAssembly assembly;
    private readonly RunDirectory directory;
    private readonly IRunObserver observer;
    private readonly StopSignal stop;
    private readonly RunQuarantine? quarantine;
    private readonly CheckpointStore store;
    private readonly CheckpointWriter writer;
    private readonly OptimizerStep optimizerStep;
    private LoopMeter? meter;
    private long savedStep = -1;
    private double stepSeconds;

    /// <summary>Makes a loop that stands at the beginning.</summary>
    /// <param name="assembly">What is trained, on what, how.</param>
    /// <param name="directory">The run's folder.</param>
    /// <param name="observer">Who is told.</param>
    /// <param name="stop">Polled once a step, and between the batches of an evaluation.</param>
    /// <param name="quarantine">Where bad samples go; null: there may be none.</param>
    public TrainingLoop(RunAssembly assembly, RunDirectory directory, IRunObserver observer, StopSignal stop, RunQuarantine? quarantine = null)
    {
        (this.assembly, this.directory, this.observer, this.stop, this.quarantine) = (assembly, directory, observer, stop, quarantine);
        store = new CheckpointStore(directory.Checkpoints);
        writer = new CheckpointWriter(store, assembly.Options.Checkpoint, saved => observer.CheckpointSaved(saved.Folder, saved.Step, saved.Duration));
        optimizerStep = new OptimizerStep(assembly.Model, assembly.Objectives, assembly.Optimizer, assembly.Parameters, assembly.Options.Train, assembly.Options.Seed, SequencePacking.RowLength(assembly.Options.Data));
    }

    /// <summary>Where the run stands.</summary>
    public RunProgress Progress { get; private set; } = RunProgress.Start;

    /// <summary>How smoothly the steps went; null before the first.</summary>
    public LoopFigures? Figures => meter?.Figures;

    private TrainOptions Train => assembly.Options.Train;

    /// <summary>Goes on from a checkpoint's state; weights and optimiser are the caller's to load.</summary>
    public void ResumeFrom(RunProgress progress)
    {
        Progress = progress;
        savedStep = progress.Step;
        optimizerStep.MicroBatchSize = progress.MicroBatch ?? optimizerStep.MicroBatchSize;
    }

    /// <summary>Steps until the end or a stop; the last step has a durable checkpoint in either case.</summary>
    /// <returns>Whether the run is at its end.</returns>
    public bool Run()
    {
        stop.IsPolled = true;
        using var batches = new BatchPrefetcher(assembly.LoadTraining, Train.BatchSize, Progress.Step * Train.BatchSize, assembly.TotalSteps * Train.BatchSize);
        DiskFullException.ThrowUnlessFree(directory.Checkpoints, assembly.Snapshot(Progress).Bytes, "A checkpoint");
        meter = new LoopMeter(assembly.TotalSteps - Progress.Step);
        var isDone = StepAll(batches);
        writer.Wait();
        return isDone;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        meter?.Dispose();
        writer.Dispose();
        optimizerStep.Dispose();
    }

    private bool StepAll(BatchPrefetcher batches)
    {
        var isBefore = Progress.Step == 0 && assembly.Options.Evaluation.EverySteps > 0;
        if ((isBefore || Progress.EvaluationIsDue) && !EndStep(evaluates: true)) return Stopped();
        while (Progress.Step < assembly.TotalSteps)
        {
            writer.Poll();
            quarantine?.Tell(observer);
            if (stop.Requested is not null || !Step(batches)) return Stopped();
            meter!.Rest();
            FaultPoint.Reached(FaultPoint.Step);
            if (!EndStep(Progress.Step == assembly.TotalSteps || IsDue(assembly.Options.Evaluation.EverySteps))) return Stopped();
        }

        return true;
    }

    private bool Stopped()
    {
        Save();
        observer.Notice(new RunNotice($"{stop.Requested}: stopped after step {Progress.Step} of {assembly.TotalSteps}; the same command goes on from there."));
        return false;
    }

    private bool IsDue(long every) => every > 0 && Progress.Step % every == 0;

    /// <summary>What follows a step: the held-out loss, and a checkpoint.</summary>
    /// <returns>False where a signal interrupted the evaluation, which the resumed run then begins with.</returns>
    private bool EndStep(bool evaluates)
    {
        var isBest = false;
        try
        {
            isBest = evaluates && EvaluateHeldOut();
        }
        catch (StopRequestedException)
        {
            LeaveEvaluation();
            return false;
        }
        catch (DataException)
        {
            // Mended data, and the run goes on with the evaluation: the steps before it are not lost.
            LeaveEvaluation();
            Save();
            writer.Wait();
            throw;
        }

        if (Progress.EvaluationIsDue)
        {
            Progress = Progress with { EvaluationIsDue = false };
            savedStep = -1;
        }

        if (isBest || (Progress.Step == assembly.TotalSteps) || (Progress.Step > 0 && IsDue(assembly.Options.Checkpoint.EverySteps))) Save();
        return true;
    }

    private void LeaveEvaluation()
    {
        Progress = Progress with { EvaluationIsDue = true };
        savedStep = -1;
    }

    /// <summary>Takes a step, or leaves it out where its numbers are not finite and the options allow it.</summary>
    /// <returns>False where a signal came and the step would have taken too long; nothing has changed then.</returns>
    private bool Step(BatchPrefetcher batches)
    {
        var started = Stopwatch.GetTimestamp();
        meter!.Begin();
        using var scope = torch.NewDisposeScope();
        using var loaded = batches.Take(Progress.Step * Train.BatchSize);
        if (!assembly.Objectives.HasTargets(loaded))
            throw new DataException($"No sample of step {Progress.Step + 1} has a target of {string.Join(" or ", assembly.Objectives.Items.Select(item => item.Kind))}: {string.Join(", ", loaded.SampleIds)}");
        var factor = assembly.Schedule.FactorAt(Progress.Step);
        var before = optimizerStep.MicroBatchSize;
        StepFault? fault = null;
        StepOutcome? outcome;
        try
        {
            var batch = assembly.Features is { } features ? features.Complete(loaded, HasWaitedTooLong) : loaded;
            outcome = batch is null ? null : optimizerStep.Run(batch, Progress.Step, factor, HasWaitedTooLong);
            if (outcome is null) return false;
            Progress = Progress.After(loaded.Hash, outcome.Loss);
        }
        catch (NonFiniteException notFinite)
        {
            fault = Tolerate(notFinite);
            outcome = new StepOutcome(fault.Loss, fault.GradNorm, null);
            Progress = Progress.Skipped(loaded.Hash);
        }

        if (optimizerStep.MicroBatchSize < before) Remember(optimizerStep.MicroBatchSize);
        var elapsed = Stopwatch.GetElapsedTime(started);
        meter.End(batches.LastWait, elapsed);
        Report(loaded, outcome, factor, fault, elapsed, batches.LastWait);
        return true;
    }

    private bool HasWaitedTooLong() => stop.Requested is not null && stop.Waited.TotalSeconds > Train.GraceSeconds / 2;

    /// <summary>What is not finite in a step that may be left out.</summary>
    /// <exception cref="NonFiniteException">It may not.</exception>
    private StepFault Tolerate(NonFiniteException notFinite)
    {
        writer.Wait();
        if (Train.OnNonFinite == NonFinitePolicy.Stop || Progress.Skips >= Train.MaxConsecutiveSkips) throw notFinite.With(store.Steps() is [var newest, ..] ? store.PathOf(newest) : null);
        observer.Notice(new RunNotice($"{notFinite.Fault.Describe()} It is left out, {Progress.Skips + 1} of {Train.MaxConsecutiveSkips} in a row (train.on_non_finite): {string.Join(", ", notFinite.Samples)}", IsWarning: true));
        return notFinite.Fault;
    }

    private void Remember(int microBatch)
    {
        Progress = Progress with { MicroBatch = microBatch };
        observer.Notice(new RunNotice($"Memory ran out: from here on {microBatch} {(assembly.Options.Data.Packing == Packing.Pack ? "packed rows" : "samples")} go through the model at once (train.micro_batch_size). The gradients are the same, the steps take longer.", IsWarning: true));
    }

    private void Report(Batch batch, StepOutcome outcome, double factor, StepFault? fault, TimeSpan elapsed, TimeSpan wait)
    {
        var tokens = batch.AttentionMask.sum().item<long>();
        var metrics = new StepMetrics
        {
            Step = Progress.Step,
            Epoch = Math.Round(Progress.Step * (double)Train.BatchSize / assembly.TrainingSamples, 4),
            Loss = outcome.Loss,
            Skipped = fault is not null,
            Terms = outcome.Terms,
            Lr = assembly.Optimizer.Groups[0].LearningRate * factor,
            GradNorm = outcome.GradNorm,
            SupervisedTokens = batch.SupervisedTokens,
            Samples = batch.Samples,
            Tokens = tokens,
            Positions = assembly.Model.LanguageModel is NoLanguageModel ? 0 : optimizerStep.PositionsOf(batch),
            TokensPerSecond = Math.Round(tokens / elapsed.TotalSeconds, 1),
            StepMs = Math.Round(elapsed.TotalMilliseconds, 2),
            WaitMs = Math.Round(wait.TotalMilliseconds, 2),
            SampleHash = batch.Hash,
        };
        JsonLines.Append(directory.Metrics, metrics);
        stepSeconds = stepSeconds == 0 ? elapsed.TotalSeconds : stepSeconds + (RecentShare * (elapsed.TotalSeconds - stepSeconds));
        observer.StepFinished(metrics, new StepProgress(assembly.TotalSteps, TimeSpan.FromSeconds(stepSeconds * (assembly.TotalSteps - Progress.Step)), Environment.WorkingSet));
    }

    /// <summary>Takes the held-out loss, where there is a validation set.</summary>
    /// <returns>Whether it is the lowest so far.</returns>
    private bool EvaluateHeldOut()
    {
        if (assembly.MeasureHeldOut(stop) is not { } loss) return false;
        var record = new HeldOutRecord { Step = Progress.Step, Samples = loss.Samples, Loss = loss.Loss, LossShuffled = loss.Shuffled };
        JsonLines.Append(directory.HeldOut, record);
        Progress = Progress.With(record);
        observer.HeldOutEvaluated(record);
        return Progress.Step > 0 && ReferenceEquals(Progress.Best, record);
    }

    private void Save()
    {
        if (savedStep == Progress.Step) return;
        using var scope = torch.NewDisposeScope();
        writer.Begin(assembly.Snapshot(Progress), Progress.Best?.Step);
        savedStep = Progress.Step;
    }
}
