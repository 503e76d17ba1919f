using System.Diagnostics;
using System.Globalization;
using TrainMm.Core;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Torch;
using TrainMm.Training.Loop;
using TrainMm.Training.Objectives;
using TrainMm.Training.Objectives.TextGeneration;
using TrainMm.Training.Optimisation;
using TrainMm.Training.Parts;
using static TorchSharp.torch;

namespace TrainMm.Benchmarks.Steps;

/// <summary>TrainMm's own step, in a process of its own like the peers': the training loop's step on one batch, over and over.</summary>
internal sealed class OwnStep : IDisposable
{
    private const int Seed = 1;

    private readonly MultimodalModel model;
    private readonly Batch batch;
    private readonly IReadOnlyList<TrainedParameter> parameters;
    private readonly AdamW optimizer;
    private readonly OptimizerStep step;
    private readonly FrozenFeatures? features;
    private long done;

    private OwnStep(StepCase @case, bool isCached, int parallelParts)
    {
        model = ModelBuilder.Build(@case.Options, CPU, Seed, new TrainablePaths(@case.Trainable));
        batch = BatchOf(@case);
        parameters = ModelAssembly.TrainedParametersOf(model);
        optimizer = new AdamW(new AdamWOptions { LearningRate = StepCase.LearningRate, WeightDecay = 0 }, new OptimizerContext(parameters));
        var objectives = new ObjectiveSet([new WeightedObjective("text_generation", 1, new TextGenerationObjective(new TrainOptions().LogitsChunk))]);
        var options = new TrainOptions { BatchSize = StepCase.Samples, ParallelParts = parallelParts, MicroBatchSize = Math.Max(1, StepCase.Samples / parallelParts) };
        step = new OptimizerStep(model, objectives, optimizer, parameters, options, Seed);
        features = isCached ? new FrozenFeatures(model, long.MaxValue) : null;
    }

    /// <summary>The process: says that it is ready, and takes a step for each line that it is sent.</summary>
    public static void Serve(string name, bool isCached, int threads, int parallelParts)
    {
        Runtime.Initialize(threads);
        using var own = new OwnStep(StepCase.Named(name), isCached, parallelParts);
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
            var started = Stopwatch.GetTimestamp();
            var loss = own.Run();
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds:F6} {loss:R} {Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0:F1}"));
        }
    }

    /// <summary>Writes what the peers compute with: the model's weights before its first step, the batch, and the sizes.</summary>
    public static void Write(StepCase @case, string folder, int threads)
    {
        using var own = new OwnStep(@case, isCached: false, parallelParts: 1);
        var tensors = own.model.named_parameters().ToDictionary(pair => pair.name, pair => (Tensor)pair.parameter, StringComparer.Ordinal);
        (tensors["ids"], tensors["labels"], tensors["pixels"]) = (own.batch.Ids, own.batch.Labels, own.batch.Media["image"].Values);
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors);
        StepCase.WriteForPeers(Path.Combine(folder, "case.json"), own.parameters.Select(parameter => parameter.Name), threads);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        step.Dispose();
        optimizer.Dispose();
        features?.Dispose();
        batch.Dispose();
        model.Dispose();
    }

    private double Run()
    {
        using var scope = NewDisposeScope();
        var whole = features?.Complete(batch) ?? batch;
        return step.Run(whole, done++, factor: 1)!.Loss;
    }

    /// <summary>Samples of one length: a first token, a picture, and text of which the end is supervised.</summary>
    private static Batch BatchOf(StepCase @case)
    {
        using var scope = NewDisposeScope();
        manual_seed(Seed);
        var grid = StepCase.Encoder.ImageSize / StepCase.Encoder.PatchSize;
        var soft = grid * grid;
        var length = soft + @case.TextTokens;
        var ids = randint(3, StepCase.LanguageModel.VocabSize, [StepCase.Samples, length], ScalarType.Int64);
        ids.narrow(1, StepCase.ImageAt, soft).zero_();
        var labels = ids.clone();
        labels.narrow(1, 0, length - @case.Supervised).fill_(-100);
        var places = arange(StepCase.Samples, ScalarType.Int64).mul(length).unsqueeze(1).add(arange(soft, ScalarType.Int64).add(StepCase.ImageAt)).reshape(-1);
        var side = StepCase.Encoder.ImageSize;
        return new Batch
        {
            Ids = ids.DetachFromDisposeScope(),
            Labels = labels.DetachFromDisposeScope(),
            AttentionMask = ones([StepCase.Samples, length], ScalarType.Bool).DetachFromDisposeScope(),
            Positions = arange(length, ScalarType.Int64).unsqueeze(0).expand(StepCase.Samples, length).DetachFromDisposeScope(),
            Media = new Dictionary<string, MediaBatch>(StringComparer.Ordinal)
            {
                ["image"] = new()
                {
                    Values = randn(StepCase.Samples, 3, side, side).DetachFromDisposeScope(),
                    Places = places.DetachFromDisposeScope(),
                    TokensPerMedium = soft,
                    Keys = [.. Enumerable.Range(0, StepCase.Samples).Select(i => $"picture {i}")],
                },
            },
            SupervisedTokens = StepCase.Samples * @case.Supervised,
            Samples = StepCase.Samples,
            SampleIds = [.. Enumerable.Range(0, StepCase.Samples).Select(i => $"{i}")],
            SampleIndices = [.. Enumerable.Range(0, StepCase.Samples)],
            Hash = "",
        };
    }
}
