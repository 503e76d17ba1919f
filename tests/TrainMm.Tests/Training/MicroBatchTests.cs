using TrainMm.Core;
using TrainMm.Core.Diagnostics;
using TrainMm.Models;
using TrainMm.Tests.Torch;
using TrainMm.Training.Loop;
using TrainMm.Training.Objectives;
using TrainMm.Training.Objectives.TextGeneration;
using TrainMm.Training.Optimisation;
using TrainMm.Training.Parts;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training;

[Collection(ProcessWide.Name)]
public sealed class MicroBatchTests : IDisposable
{
    // fp32: sums in another order, nothing else.
    private const double Tolerance = 1e-6;

    private readonly TinyRun run = new();
    private readonly RunOptions options;
    private readonly MultimodalModel model;
    private readonly DataAssembly data;
    private readonly OpenDataSet set;
    private readonly IReadOnlyList<TrainedParameter> parameters;
    private readonly ITestOutputHelper output;

    public MicroBatchTests(ITestOutputHelper output)
    {
        this.output = output;
        // A row without a picture among them, and answers of different lengths.
        var rows = File.ReadAllLines(run.Path("train.jsonl"));
        rows[3] = """{"id":"text","conversations":[{"from":"human","value":"Say something long, please."},{"from":"gpt","value":"something rather long"}]}""";
        run.Write("train.jsonl", string.Join('\n', rows) + "\n");
        options = run.Options("pretrain.yaml", "trainable=[image.input_projector, language_model.model.layers.0]");
        model = ModelAssembly.Build(options, options.Trainable!);
        data = new DataAssembly(options, model);
        set = data.OpenTraining(_ => { });
        parameters = ModelAssembly.TrainedParametersOf(model);
    }

    public void Dispose()
    {
        set.Dispose();
        model.Dispose();
        run.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void TheGradientDoesNotDependOnHowTheBatchIsCut(int size)
    {
        using var scope = NewDisposeScope();
        using var batch = set.Batches.LoadSamples([.. Enumerable.Range(0, 8)]);
        var whole = GradientsOf(batch, 8);
        var cut = GradientsOf(batch, size);
        var difference = Math.Sqrt(whole.Zip(cut).Sum(pair => (pair.First - pair.Second).pow(2).sum().item<double>()) / whole.Sum(gradient => gradient.pow(2).sum().item<double>()));
        output.WriteLine($"{size} of 8: the gradient differs by {difference:e2} of its norm");
        Assert.True(difference <= Tolerance, $"{difference:e2}");
    }

    /// <summary>Three parts on two threads, so that which thread takes the third is chance: the gradient is not.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    public void PartsSideBySideGiveTheSameGradientEachTime(int size)
    {
        using var scope = NewDisposeScope();
        using var batch = set.Batches.LoadSamples([.. Enumerable.Range(0, 8)]);
        var threads = get_num_threads();
        var serial = GradientsOf(batch, size);
        var first = GradientsOf(batch, size, parallelParts: 2);
        Assert.Equal(threads, get_num_threads());
        var difference = Math.Sqrt(serial.Zip(first).Sum(pair => (pair.First - pair.Second).pow(2).sum().item<double>()) / serial.Sum(gradient => gradient.pow(2).sum().item<double>()));
        Assert.True(difference <= Tolerance, $"{difference:e2}");
        for (var i = 0; i < 5; i++) Assert.All(first.Zip(GradientsOf(batch, size, parallelParts: 2)), pair => Assert.Equal(pair.First.data<double>().ToArray(), pair.Second.data<double>().ToArray()));
    }

    [Fact]
    public void AFaultInAPartComesOut()
    {
        using var scope = NewDisposeScope();
        using var batch = set.Batches.LoadSamples([0, 1, 2]);
        using var optimizer = new CollectingOptimizer(parameters);
        var train = new TrainOptions { BatchSize = 8, MicroBatchSize = 1, ParallelParts = 2 };
        using var step = new OptimizerStep(model, SetOf(new Refusing()), optimizer, parameters, train, seed: 0);
        Assert.Equal("refused", Assert.Throws<InvalidOperationException>(() => step.Run(batch, step: 0, factor: 1)).Message);
    }

    /// <summary>A machine that takes two samples at once and no more.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void WhereMemoryRunsOutThePartsAreHalvedAndTheGradientIsTheSame(int parallelParts)
    {
        using var scope = NewDisposeScope();
        using var batch = set.Batches.LoadSamples([.. Enumerable.Range(0, 8)]);
        var whole = GradientsOf(batch, 8);
        using var optimizer = new CollectingOptimizer(parameters);
        var train = new TrainOptions { BatchSize = 8, ParallelParts = parallelParts, MaxGradNorm = null };
        using var step = new OptimizerStep(model, SetOf(new Hungry(most: 2)), optimizer, parameters, train, seed: 0);
        step.Run(batch, step: 0, factor: 1);
        Assert.Equal(2, step.MicroBatchSize);
        var difference = Math.Sqrt(whole.Zip(optimizer.Gradients).Sum(pair => (pair.First - pair.Second).pow(2).sum().item<double>()) / whole.Sum(gradient => gradient.pow(2).sum().item<double>()));
        Assert.True(difference <= Tolerance, $"{difference:e2}");
    }

    /// <summary>A machine that takes five samples at once, in whichever rows they are.</summary>
    [Fact]
    public void WherePackedRowsAreTooMuchTheyAreHalvedToo()
    {
        using var scope = NewDisposeScope();
        using var batch = set.Batches.LoadSamples([.. Enumerable.Range(0, 8)]);
        var whole = GradientsOf(batch, 8);
        const int Packed = 64;
        var rows = MicroBatches.UnitsOf(batch, Packed);
        Assert.InRange(rows, 2, 5);
        using var optimizer = new CollectingOptimizer(parameters);
        using var step = new OptimizerStep(model, SetOf(new Hungry(most: 5)), optimizer, parameters, new TrainOptions { BatchSize = 8, MaxGradNorm = null }, seed: 0, Packed);
        step.Run(batch, step: 0, factor: 1);
        Assert.InRange(step.MicroBatchSize, 1, rows / 2);
        var difference = Math.Sqrt(whole.Zip(optimizer.Gradients).Sum(pair => (pair.First - pair.Second).pow(2).sum().item<double>()) / whole.Sum(gradient => gradient.pow(2).sum().item<double>()));
        Assert.True(difference <= Tolerance, $"{difference:e2}");
        using var tooMuch = new OptimizerStep(model, SetOf(new Hungry(most: 0)), optimizer, parameters, new TrainOptions { BatchSize = 8 }, seed: 0, Packed);
        Assert.Contains("one packed row at a time is too much already", Assert.Throws<MemoryExhaustedException>(() => tooMuch.Run(batch, step: 0, factor: 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhereOneSampleIsTooMuchTheRunEndsAndSaysWhatToChange()
    {
        using var scope = NewDisposeScope();
        using var batch = set.Batches.LoadSamples([0, 1, 2]);
        using var optimizer = new CollectingOptimizer(parameters);
        using var step = new OptimizerStep(model, SetOf(new Hungry(most: 0)), optimizer, parameters, new TrainOptions { BatchSize = 8 }, seed: 0);
        var fault = Assert.Throws<MemoryExhaustedException>(() => step.Run(batch, step: 0, factor: 1));
        Assert.Equal(ExitCode.OutOfMemory, fault.ExitCode);
        Assert.Contains("one sample at a time is too much already", fault.Message, StringComparison.Ordinal);
        Assert.All(parameters, parameter => Assert.Null(parameter.Value.grad));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AStepThatIsGivenUpHasChangedNothing(int parallelParts)
    {
        using var scope = NewDisposeScope();
        using var batch = set.Batches.LoadSamples([.. Enumerable.Range(0, 8)]);
        using var optimizer = new CollectingOptimizer(parameters);
        using var step = new OptimizerStep(model, SetOf(new TextGenerationObjective(chunk: 1000)), optimizer, parameters, new TrainOptions { BatchSize = 8, MicroBatchSize = 2, ParallelParts = parallelParts }, seed: 0);
        var asked = 0;
        Assert.Null(step.Run(batch, step: 0, factor: 1, () => Interlocked.Increment(ref asked) > 2));
        Assert.Empty(optimizer.Gradients);
        Assert.All(parameters, parameter => Assert.Null(parameter.Value.grad));
    }

    [Fact]
    public void PartsSideBySideDrawNoRandomNumbers()
    {
        var dropout = run.Options("sft.yaml", "train.parallel_parts=2", "initial_run=null");
        using var random = ModelAssembly.Build(dropout, ["adapter"]);
        var fault = Assert.Throws<ConfigurationException>(() => PartGradients.Check(dropout.Train, random));
        Assert.Contains("cannot go with dropout", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PartsHoldTheirOwnMediaAtTheirOwnPlaces()
    {
        using var scope = NewDisposeScope();
        using var batch = set.Batches.LoadSamples([2, 3, 4]);
        var parts = MicroBatches.Cut(batch, 1).Select(part => part.Batch).ToList();
        Assert.Equal(["s4", "s2", "text"], parts.Select(part => part.SampleIds.Single()));
        Assert.Empty(parts[2].Media);
        Assert.Equal(batch.SupervisedTokens, parts.Sum(part => part.SupervisedTokens));
        foreach (var part in parts.Where(part => part.Media.Count > 0))
        {
            using var alone = set.Batches.LoadSamples([.. part.SampleIndices]);
            Assert.Equal(alone.Ids.data<long>().ToArray(), part.Ids.contiguous().data<long>().ToArray());
            Assert.Equal(alone.Media["image"].Places.data<long>().ToArray(), part.Media["image"].Places.data<long>().ToArray());
            Assert.Equal(alone.Media["image"].Values.data<float>().ToArray(), part.Media["image"].Values.contiguous().data<float>().ToArray());
        }
    }

    [Fact]
    public void TheLossDoesNotDependOnTheChunkOfLogits()
    {
        using var scope = NewDisposeScope();
        using var batch = set.Batches.LoadSamples([.. Enumerable.Range(0, 8)]);
        var (whole, wholeGradients) = LossOf(batch, chunk: 1000);
        var (chunked, chunkedGradients) = LossOf(batch, chunk: 7);
        Assert.Equal(whole, chunked, whole * Tolerance);
        var difference = Math.Sqrt(wholeGradients.Zip(chunkedGradients).Sum(pair => (pair.First - pair.Second).pow(2).sum().item<double>()) / wholeGradients.Sum(gradient => gradient.pow(2).sum().item<double>()));
        Assert.True(difference <= Tolerance, $"{difference:e2}");
    }

    [Fact]
    public void ALossThatIsNotFiniteLeavesEverythingAsItWas()
    {
        using var scope = NewDisposeScope();
        using var batch = set.Batches.LoadSamples([0, 1]);
        using var optimizer = new AdamW(new AdamWOptions(), new OptimizerContext(parameters));
        var before = parameters.Select(parameter => parameter.Value.detach().clone()).ToList();
        using var step = new OptimizerStep(model, SetOf(new Poisoned()), optimizer, parameters, options.Train, seed: 0);
        var fault = Assert.Throws<NonFiniteException>(() => step.Run(batch, step: 4, factor: 1));
        Assert.Equal(ExitCode.NonFinite, fault.ExitCode);
        Assert.Equal(["s0", "s1"], fault.Samples);
        Snapshot.Match(fault.Message, "not-finite");
        Assert.All(parameters.Zip(before), pair => Assert.Equal(pair.Second.data<float>().ToArray(), pair.First.Value.detach().data<float>().ToArray()));
        Assert.Empty(optimizer.State());
        Assert.All(parameters, parameter => Assert.Null(parameter.Value.grad));
    }

    private List<Tensor> GradientsOf(Batch batch, int size, int parallelParts = 1)
    {
        using var optimizer = new CollectingOptimizer(parameters);
        var train = new TrainOptions { BatchSize = 8, MicroBatchSize = size, ParallelParts = parallelParts, MaxGradNorm = null };
        using var step = new OptimizerStep(model, SetOf(new TextGenerationObjective(chunk: 1000)), optimizer, parameters, train, seed: 0);
        step.Run(batch, step: 0, factor: 1);
        return optimizer.Gradients;
    }

    private (double Loss, List<Tensor> Gradients) LossOf(Batch batch, int chunk)
    {
        using var optimizer = new CollectingOptimizer(parameters);
        var train = new TrainOptions { BatchSize = 8, MaxGradNorm = null };
        using var step = new OptimizerStep(model, SetOf(new TextGenerationObjective(chunk)), optimizer, parameters, train, seed: 0);
        var outcome = step.Run(batch, step: 0, factor: 1);
        return (outcome!.Loss, optimizer.Gradients);
    }

    private static ObjectiveSet SetOf(IObjective objective) => new([new WeightedObjective("test", 1, objective)]);

    private sealed class Refusing : IObjective
    {
        public long CountOf(Batch batch) => batch.SupervisedTokens;

        public LossTerms Compute(ForwardPass pass) => throw new InvalidOperationException("refused");
    }

    /// <summary>Text generation on a machine with little memory.</summary>
    private sealed class Hungry(int most) : IObjective
    {
        private readonly TextGenerationObjective objective = new(chunk: 1000);

        public long CountOf(Batch batch) => objective.CountOf(batch);

        public Tensor? WantedPositions(ForwardPass pass) => objective.WantedPositions(pass);

        public LossTerms Compute(ForwardPass pass)
        {
            if (pass.Batch.Samples > most) throw new NoMemory();
            var positions = SupervisedPositions.Of(pass.Batch);
            return new LossTerms(NextToken.Sum(pass.Model, pass.HiddenFor(this), positions.Targets, 1000), pass.Batch.SupervisedTokens);
        }
    }

    private sealed class NoMemory() : System.Runtime.InteropServices.ExternalException("CUDA out of memory. Tried to allocate 2.00 GiB");

    private sealed class Poisoned : IObjective
    {
        public long CountOf(Batch batch) => batch.SupervisedTokens;

        public LossTerms Compute(ForwardPass pass) => new(pass.Model.Hidden(pass.Batch).sum() * float.NaN, pass.Batch.SupervisedTokens);
    }
}
