using TorchSharp;
using TrainMm.Core;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Manifests;
using TrainMm.Models;
using TrainMm.Models.LanguageModels.None;
using TrainMm.Torch;
using TrainMm.Training.Caches;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Evaluation;
using TrainMm.Training.Objectives;
using TrainMm.Training.Optimisation;
using TrainMm.Training.Optimisation.Schedules;
using TrainMm.Training.Parts;
using TrainMm.Training.Stages;

namespace TrainMm.Training.Loop;

/// <summary>All that a run consists of, built from its configuration: model, data, objective, optimiser, schedule.</summary>
internal sealed class RunAssembly : IDisposable
{
    private readonly IStage stage;
    private readonly DataAssembly data;
    private readonly OpenDataSet training;
    private readonly OpenDataSet? validation;
    private readonly FrozenFeatures heldOutFeatures;
    private readonly TargetCaches targets;
    private readonly FeatureCaches features;
    private readonly string config;
    private readonly string libTorch = Runtime.Describe().Version;

    private RunAssembly(RunOptions options, IStage stage, string config, MultimodalModel model, ObjectiveSet objectives, Action<RunNotice> notice, BadSamples? bad, RunState? before)
    {
        Options = options;
        Model = model;
        this.stage = stage;
        this.config = config;
        data = new DataAssembly(options, model, objectives.Captions, bad);
        Parts = PartsDescription.Of(stage.Kind, options.Model, model, data);
        ModelAssembly.LoadInitialParts(options, model, Parts);
        PartGradients.Check(options.Train, model);
        LayerRecomputation.Apply(options.Train, model, objectives);
        Parameters = ModelAssembly.TrainedParametersOf(model);
        Optimizer = options.Optimizer.Create(new OptimizerContext(Parameters));
        Objectives = objectives;
        training = data.OpenTraining(notice);
        validation = options.Data.Validation is { } manifest ? data.Open(manifest, notice) : null;
        TotalSteps = options.Train.TotalSteps(TrainingSamples);
        Schedule = options.Schedule.Create(new ScheduleContext(TotalSteps));
        FrozenHash = FrozenHashOf();
        heldOutFeatures = new FrozenFeatures(model, FrozenFeatures.DefaultCapacity);
        targets = TargetCaches.Open(options, model, data, training.Source.Count, TrainingSamples, notice);
        features = FeatureCaches.Open(options, model, data, training.Source.Count, TrainingSamples, before?.FeaturesAreKept, notice);
    }

    /// <summary>The configuration.</summary>
    public RunOptions Options { get; }

    /// <summary>The model.</summary>
    public MultimodalModel Model { get; }

    /// <summary>What the model was built from.</summary>
    public PartsDescription Parts { get; }

    /// <summary>What is trained.</summary>
    public IReadOnlyList<TrainedParameter> Parameters { get; }

    /// <summary>How a gradient becomes a step.</summary>
    public IOptimizer Optimizer { get; }

    /// <summary>The learning rate over the run.</summary>
    public ILearningRateSchedule Schedule { get; }

    /// <summary>What training makes smaller.</summary>
    public ObjectiveSet Objectives { get; }

    /// <summary>The training set's features, where they are kept; null where every step encodes its media.</summary>
    public FrozenFeatures? Features => features.Features;

    /// <summary>Steps of the whole run.</summary>
    public long TotalSteps { get; }

    /// <summary>Samples of an epoch.</summary>
    public long TrainingSamples => training.Batches.SamplesPerEpoch;

    /// <summary>Rows of the training set, each once.</summary>
    public int TrainingRows => training.Source.Count;

    /// <summary>The training set's fingerprint.</summary>
    public string DataFingerprint => training.Source.Fingerprint;

    /// <summary>Hash of the frozen tensors when the run began.</summary>
    public string FrozenHash { get; }

    /// <summary>Builds a run.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="config">The resolved configuration, YAML.</param>
    /// <param name="notice">Told of samples that are left out.</param>
    /// <param name="bad">Takes the training samples that cannot be used; null: there may be none.</param>
    /// <param name="before">What the run goes on from; null where it begins.</param>
    /// <exception cref="UserException">The configuration, the data or a checkpoint cannot be used.</exception>
    public static RunAssembly Build(RunOptions options, IStage stage, string config, Action<RunNotice> notice, BadSamples? bad = null, RunState? before = null)
    {
        var (model, objectives) = ModelAssembly.BuildForTraining(options, options.Trainable ?? stage.DefaultTrainable(options.Model));
        try
        {
            return new RunAssembly(options, stage, config, model, objectives, notice, bad, before);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The batch that begins at a position of the endless sample order, with the features that are known already.</summary>
    public Batch LoadTraining(long position, int count)
    {
        var loaded = training.Batches.Load(position, count);
        var recalled = Features?.Recall(loaded) ?? loaded;
        return Model.Device.type == DeviceType.CUDA ? recalled.Pinned() : recalled;
    }

    /// <summary>Says how often generators' targets and encoders' features were there already.</summary>
    public void TellOfCaches(Action<RunNotice> notice)
    {
        targets.Tell(notice);
        features.Tell(notice);
    }

    /// <summary>Held-out loss on a part of the validation set, text generation's where the run trains it, else its objectives'; null where there is no such set.</summary>
    /// <param name="stop">Asked between batches.</param>
    /// <exception cref="StopRequestedException">A stop was asked for; nothing has changed.</exception>
    public HeldOutLoss? MeasureHeldOut(StopSignal stop)
    {
        if (validation is null) return null;
        var samples = Spread.Over([.. Enumerable.Range(0, validation.Source.Count)], Options.Evaluation.Samples);
        if (!Objectives.GeneratesText)
            return Evaluating(() => new ObjectiveLoss(Model, Objectives, validation.Batches, heldOutFeatures, Options.Evaluation.BatchSize, Options.Seed, stop.ThrowIfRequested).Measure(samples));
        var scorer = new SequenceScorer(Model, validation.Batches, heldOutFeatures, Options.Evaluation.BatchSize, Options.Train.LogitsChunk);
        return Evaluating(() => new HeldOut(scorer, validation.Source).Measure(samples, _ => stop.ThrowIfRequested()));
    }

    /// <summary>Answers of the model for the report, on samples of the validation set; none where there is no such set, or no language model.</summary>
    public IReadOnlyList<GeneratedSample> GenerateSamples()
    {
        if (validation is null || Model.LanguageModel is NoLanguageModel) return [];
        var samples = Spread.Over([.. Enumerable.Range(0, validation.Source.Count)], Options.Evaluation.Generate.Samples);
        return Evaluating(() => new SampleGenerator(new AnswerGenerator(Model, data.Tokenizer, validation.Template), validation, Options.Evaluation.Generate, MediaMaker.For(Model, data)).Generate(samples, validation.Source.Name));
    }

    /// <summary>What a checkpoint holds. The tensors are the run's own.</summary>
    public CheckpointContent Snapshot(RunProgress progress) => new(
        new RunState
        {
            Stage = stage.Kind,
            Step = progress.Step,
            Position = progress.Step * Options.Train.BatchSize,
            Seed = Options.Seed,
            OrderHash = progress.OrderHash,
            Config = config,
            ConfigFingerprint = ResumePoint.FingerprintOf(config),
            DataFingerprint = DataFingerprint,
            LibTorch = libTorch,
            Threads = torch.get_num_threads(),
            FrozenHash = FrozenHash,
            LastLoss = progress.LastLoss,
            Best = progress.Best,
            ConsecutiveSkips = progress.Skips,
            MicroBatchSize = progress.MicroBatch,
            EvaluationIsDue = progress.EvaluationIsDue,
            FeaturesAreKept = features.Choice,
        },
        Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value, StringComparer.Ordinal),
        Optimizer.State(),
        Buffers());

    /// <summary>Takes weights, optimiser and buffers from a checkpoint.</summary>
    /// <exception cref="CheckpointException">It is of another model.</exception>
    public RunProgress Restore(ResumePoint point)
    {
        using var scope = torch.NewDisposeScope();
        using (var file = CheckpointStore.OpenTrainable(point.Folder))
        {
            var names = Parameters.Select(parameter => parameter.Name).ToHashSet(StringComparer.Ordinal);
            if (!names.SetEquals(file.Entries.Keys)) throw new CheckpointException($"{file.Path} holds other parameters than this run trains.");
            foreach (var parameter in Parameters) file.ReadInto(parameter.Name, parameter.Value);
        }

        using (var file = CheckpointStore.OpenOptimizer(point.Folder))
        {
            Optimizer.Load(file.Entries.Keys.ToDictionary(name => name, name => file.Read(name), StringComparer.Ordinal));
        }

        using (var file = CheckpointStore.OpenBuffers(point.Folder))
        {
            var buffers = Buffers();
            if (!buffers.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(file?.Entries.Keys ?? [])) throw new CheckpointException($"{point.Folder} holds other buffers than this run's objectives keep.");
            foreach (var (name, buffer) in buffers) file!.ReadInto(name, buffer);
        }

        FaultPoint.Reached(FaultPoint.Load);
        return new RunProgress(point.State.Step, point.State.OrderHash, point.State.LastLoss, point.State.Best)
        {
            Skips = point.State.ConsecutiveSkips,
            MicroBatch = point.State.MicroBatchSize,
            EvaluationIsDue = point.State.EvaluationIsDue,
        };
    }

    /// <summary>Checks that no frozen tensor has changed.</summary>
    /// <exception cref="InvalidOperationException">One has: a defect of this program.</exception>
    public void VerifyFrozen()
    {
        if (FrozenHashOf() != FrozenHash) throw new InvalidOperationException("A frozen tensor has changed during training. The trained parts are not written, since they would belong to another model.");
    }

    /// <summary>What the run is about to do.</summary>
    public RunStart Describe(string runDirectory, long stepsDone) => new()
    {
        Stage = stage.Kind,
        RunDirectory = runDirectory,
        Device = Model.Device.type == DeviceType.CUDA ? "cuda" : "cpu",
        ComputeType = ParameterTable.NameOf(Model.Dtype),
        Threads = torch.get_num_threads(),
        LibTorch = libTorch,
        Objectives = [.. Objectives.Items.Select(item => item.Kind)],
        Parts = PartRow.Of(Model),
        Data = training.Measure(),
        TrainingSamples = TrainingSamples,
        BatchSize = Options.Train.BatchSize,
        TotalSteps = TotalSteps,
        StepsDone = stepsDone,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        Optimizer.Dispose();
        training.Dispose();
        validation?.Dispose();
        heldOutFeatures.Dispose();
        targets.Dispose();
        features.Dispose();
        Model.Dispose();
    }

    /// <summary>What training changes without a gradient, by path.</summary>
    private Dictionary<string, torch.Tensor> Buffers() => Model.named_buffers().ToDictionary(pair => pair.name, pair => pair.buffer, StringComparer.Ordinal);

    /// <summary>The parameters that are not trained, by bytes.</summary>
    private string FrozenHashOf() => Models.FrozenHash.Of(Model);

    private T Evaluating<T>(Func<T> measure)
    {
        Model.eval();
        try
        {
            return measure();
        }
        finally
        {
            Model.train();
        }
    }
}
