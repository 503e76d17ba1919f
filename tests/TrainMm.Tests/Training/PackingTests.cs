using System.Text.Json;
using TrainMm.Core;
using TrainMm.Core.Diagnostics;
using TrainMm.Models;
using TrainMm.Tests.Models;
using TrainMm.Tests.Torch;
using TrainMm.Training.Loop;
using TrainMm.Training.Objectives;
using TrainMm.Training.Parts;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training;

[Collection(ProcessWide.Name)]
public sealed class PackingTests : IDisposable
{
    // fp32: sums in another order, nothing else.
    private const double Tolerance = 1e-6;

    // A parameter with a smaller part in the gradient is compared with the whole: a key's bias, say, has none but rounding.
    private const double Share = 1e-3;

    private const string Opt = "model.language_model={ kind: opt, architecture: { vocab_size: 1004, hidden_size: 32, word_embed_proj_dim: 32, ffn_dim: 48, num_hidden_layers: 2, num_attention_heads: 4, max_position_embeddings: 128 } }";
    private const string Mistral = "model.language_model={ kind: mistral, architecture: { vocab_size: 1004, hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2, sliding_window: 5 } }";

    private const string Mixtral = "model.language_model={ kind: mixtral, architecture: { vocab_size: 1004, hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2, num_local_experts: 3 } }";

    private static readonly string[] Answers = ["red", "something rather long", "no", "a colour between green and blue"];

    private readonly TinyRun run = new();

    /// <summary>Answers of different lengths, rows without a picture among them.</summary>
    public PackingTests()
    {
        var rows = File.ReadAllLines(run.Path("train.jsonl"));
        for (var i = 0; i < rows.Length; i++)
        {
            var conversation = new[] { new { from = "human", value = i % 5 == 3 ? "Say something, please." : "<image>\nWhich?" }, new { from = "gpt", value = Answers[i % Answers.Length] } };
            rows[i] = i % 5 == 3 ? JsonSerializer.Serialize(new { id = $"s{i}", conversations = conversation }) : JsonSerializer.Serialize(new { id = $"s{i}", image = $"{i}.png", conversations = conversation });
        }

        run.Write("train.jsonl", string.Join('\n', rows) + "\n");
    }

    public void Dispose() => run.Dispose();

    [Theory]
    [InlineData(8)]
    [InlineData(2)]
    [InlineData(1)]
    public void LossAndGradientsAreThoseOfSamplesSideBySide(int rows) => AssertTheSame(rows, "trainable=[image.input_projector, language_model]");

    [Theory]
    [InlineData(Opt)]
    [InlineData(Mistral)]
    public void TheyAreWithOtherPositionsAndWindowsToo(string languageModel) => AssertTheSame(2, languageModel, "trainable=[image.input_projector, language_model]");

    [Theory]
    [InlineData("{ kind: lora, r: 2, alpha: 4 }")]
    [InlineData("{ kind: partial_lora, r: 2, alpha: 4 }")]
    [InlineData("{ kind: prefix_tuning, num_virtual_tokens: 3 }")]
    public void TheyAreWithAnAdapterToo(string adapter) => AssertTheSame(2, $"model.adapter={adapter}", "trainable=[image.input_projector, adapter]");

    /// <summary>The routers' load is evened over the tokens of a micro-batch, whichever way they lie.</summary>
    [Fact]
    public void TheyAreWithRoutedExpertsToo() => AssertTheSame(8, Mixtral, "objectives=[{ kind: text_generation }, { kind: router_balance }]", "trainable=[image.input_projector, language_model]");

    /// <summary>A template without a beginning, whose first token is supervised: it must not be foretold from the sample before.</summary>
    [Fact]
    public void ASamplesFirstTokenIsForetoldByNobody()
    {
        using var scope = NewDisposeScope();
        var side = new Batch
        {
            Ids = tensor(new long[] { 5, 6, 7, 8, 9, 0 }).view(2, 3),
            Labels = tensor(new long[] { 5, 6, 7, 8, 9, -100 }).view(2, 3),
            AttentionMask = tensor(new[] { true, true, true, true, true, false }).view(2, 3),
            Positions = tensor(new long[] { 0, 1, 2, 0, 1, 0 }).view(2, 3),
            Media = new Dictionary<string, MediaBatch>(StringComparer.Ordinal),
            SupervisedTokens = 3,
            Samples = 2,
            SampleIds = ["a", "b"],
            SampleIndices = [0, 1],
            Hash = "",
        };
        var packed = Assert.Single(MicroBatches.Cut(side, 2, packed: 8)).Batch;
        Assert.Equal([3, 2], packed.Sequences!);
        Assert.Equal([0L, 1, 2, 0, 1], packed.Positions.data<long>().ToArray());
        var supervised = SupervisedPositions.Of(packed);
        Assert.Equal([0L, 1, 3], supervised.Rows.data<long>().ToArray());
        Assert.Equal([6L, 7, 9], supervised.Targets.data<long>().ToArray());
    }

    [Fact]
    public void MediaFollowTheirSamples()
    {
        using var scope = NewDisposeScope();
        using var assembly = new Assembly(run.Options("pretrain.yaml"));
        using var batch = assembly.Load(8);
        var parts = MicroBatches.Cut(batch, 1, packed: 64).Select(part => part.Batch).ToList();
        Assert.True(parts.Count is > 1 and < 8);
        Assert.Equal(batch.SampleIds.Order(StringComparer.Ordinal), parts.SelectMany(part => part.SampleIds).Order(StringComparer.Ordinal));
        Assert.Equal(batch.SupervisedTokens, parts.Sum(part => part.SupervisedTokens));
        foreach (var part in parts)
        {
            var (start, medium) = (0L, 0);
            foreach (var (i, length) in part.Sequences!.Index())
            {
                using var alone = assembly.Load([part.SampleIndices[i]]);
                Assert.Equal(alone.Ids.data<long>().ToArray(), part.Ids.narrow(1, start, length).contiguous().data<long>().ToArray());
                if (alone.Media.TryGetValue("image", out var picture))
                {
                    var mine = part.Media["image"].Keys.Index().Single(pair => pair.Item == picture.Keys[0]).Index;
                    var places = part.Media["image"].Places.view(-1, picture.TokensPerMedium).select(0, mine);
                    Assert.Equal(picture.Places.add(start).data<long>().ToArray(), places.contiguous().data<long>().ToArray());
                    Assert.Equal(picture.Values.data<float>().ToArray(), part.Media["image"].Values.narrow(0, mine, 1).contiguous().data<float>().ToArray());
                    medium++;
                }

                start += length;
            }

            Assert.Equal(medium, part.Media.TryGetValue("image", out var all) ? all.Keys.Count : 0);
        }
    }

    [Fact]
    public void PackedPositionsAreTokensAndOthersArePaddedToTheLongestOfTheirPart()
    {
        using var scope = NewDisposeScope();
        using var assembly = new Assembly(run.Options("pretrain.yaml"));
        using var batch = assembly.Load(8);
        Assert.Equal(batch.AttentionMask.sum().item<long>(), MicroBatches.PositionsOf(batch, 1, packed: 64));
        foreach (var size in (int[])[1, 3, 8]) Assert.Equal(MicroBatches.Cut(batch, size).Sum(part => part.Batch.Ids.numel()), MicroBatches.PositionsOf(batch, size, packed: null));
        foreach (var rows in (int[])[1, 3, 8]) Assert.Equal(MicroBatches.Cut(batch, rows, 64).Sum(part => part.Batch.Ids.numel()), MicroBatches.PositionsOf(batch, rows, 64));
    }

    /// <summary>Dropout draws from the generator: what is drawn in a packed step depends on the step alone.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void AnInterruptedPackedRunGoesOnBitwise(long step)
    {
        run.Train("pretrain", settings: "data.packing=pack");
        run.Train("whole", "sft.yaml", settings: ["data.packing=pack", "train.micro_batch_size=1"]);
        Assert.Equal(ExitCode.Preempted, run.Train("interrupted", "sft.yaml", stopAfter: step, settings: ["data.packing=pack", "train.micro_batch_size=1"]).ExitCode);
        run.Train("interrupted", "sft.yaml", settings: ["data.packing=pack", "train.micro_batch_size=1"]);
        Assert.Equal(run.Final("whole"), run.Final("interrupted"));
        Assert.Equal(run.Metrics("whole"), run.Metrics("interrupted"));
    }

    [Fact]
    public void APackedRunTakesTheSameStepsAndPadsNothing()
    {
        run.Train("side");
        run.Train("packed", settings: "data.packing=pack");
        var (side, packed) = (run.Metrics("side"), run.Metrics("packed"));
        Assert.Equal(side.Select(line => (line.SampleHash, line.SupervisedTokens, line.Tokens)), packed.Select(line => (line.SampleHash, line.SupervisedTokens, line.Tokens)));
        Assert.All(packed, line => Assert.Equal(line.Tokens, line.Positions));
        Assert.All(side, line => Assert.True(line.Positions > line.Tokens));
        Assert.Equal(side[0].Loss, packed[0].Loss, side[0].Loss * Tolerance);
        Assert.Equal(0, RunSummaryOf("packed").Padding);
        Assert.Equal(1 - ((double)side.Sum(line => line.Tokens) / side.Sum(line => line.Positions)), RunSummaryOf("side").Padding!.Value, 1e-4);
    }

    /// <summary>Parts and whole batches of texts alone, which packing and grouping make likelier.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void TextsAloneAddToTheLossAndNotToAProjectorsGradient(int parallelParts)
    {
        using var scope = NewDisposeScope();
        using var assembly = new Assembly(run.Options("pretrain.yaml"));
        using var batch = assembly.Load(8);
        var (whole, expected) = assembly.Step(batch, new TrainOptions { BatchSize = 8, MaxGradNorm = null }, packed: null);
        var (cut, actual) = assembly.Step(batch, new TrainOptions { BatchSize = 8, MicroBatchSize = 1, ParallelParts = parallelParts, MaxGradNorm = null }, packed: null);
        Assert.Equal(whole, cut, whole * Tolerance);
        Assert.All(expected.Zip(actual), pair => Assert.True(pair.First.sub(pair.Second).norm().item<double>() <= Tolerance * pair.First.norm().item<double>()));
        using var text = assembly.Load([3]);
        var (loss, none) = assembly.Step(text, new TrainOptions { BatchSize = 8, ParallelParts = parallelParts }, packed: null);
        Assert.True(loss > 0);
        Assert.All(none, gradient => Assert.Equal(0, gradient.abs().max().item<double>()));
    }

    [Fact]
    public void GroupedByLengthARunPadsLessAndGoesOnBitwise()
    {
        string[] grouped = ["data.group_by_length=true", "train.batch_size=3", "train.max_steps=10"];
        run.Train("plain", settings: grouped[1..]);
        run.Train("whole", settings: grouped);
        run.Train("interrupted", stopAfter: 5, settings: grouped);
        run.Train("interrupted", settings: grouped);
        Assert.Equal(run.Final("whole"), run.Final("interrupted"));
        Assert.Equal(run.Metrics("whole"), run.Metrics("interrupted"));
        // The first epoch is eight steps of three samples.
        Assert.Equal(Epoch("plain").Sum(line => line.Tokens), Epoch("whole").Sum(line => line.Tokens));
        Assert.True(2 * Epoch("whole").Sum(line => line.Positions - line.Tokens) < Epoch("plain").Sum(line => line.Positions - line.Tokens));

        IEnumerable<TrainMm.Training.Metrics.StepMetrics> Epoch(string name) => run.Metrics(name).Take(8);
    }

    /// <summary>In a mixture a sample's index is the whole mixture's.</summary>
    [Fact]
    public void AMixtureIsGroupedByLengthToo()
    {
        run.Write("mixture.yaml", "extends: pretrain.yaml\ndata: { train: [{ manifest: train.yaml, repeat: 0.5 }, { manifest: test.yaml }] }\ntrain: { max_steps: 9 }\n");
        run.Train("plain", "mixture.yaml");
        run.Train("grouped", "mixture.yaml", settings: "data.group_by_length=true");
        Assert.True(2 * RunSummaryOf("grouped").Padding!.Value < RunSummaryOf("plain").Padding!.Value);
    }

    [Fact]
    public void GroupingHasNothingToSaveWhereSamplesArePacked() =>
        Assert.Contains("has no padding to save", Assert.Throws<ConfigurationException>(() => run.Options("pretrain.yaml", "data.packing=pack", "data.group_by_length=true")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("encoder-decoder", "model.language_model={ kind: t5, architecture: { vocab_size: 1004, d_model: 32, d_kv: 8, d_ff: 48, num_layers: 2, num_heads: 4 } }")]
    [InlineData("prefix", "model.language_model={ kind: chatglm, architecture: { vocab_size: 1004, hidden_size: 32, inner_hidden_size: 48, num_layers: 2, num_attention_heads: 4 } }")]
    [InlineData("fusion", "model.fusion={ kind: gated_cross_attention }")]
    public void WhatItWouldBeWrongForIsRefused(string name, string setting)
    {
        var options = run.Options("pretrain.yaml", setting, "data.packing=pack");
        var fault = Assert.Throws<ConfigurationException>(() => ModelAssembly.Declare(options, ["image.input_projector"]));
        Snapshot.Match(fault.Message, name, run.Folder);
    }

    [Fact]
    public void AnObjectiveThatLooksAtWholeSamplesIsRefused()
    {
        var options = run.Options("pretrain.yaml", "data.packing=pack");
        using var model = ModelAssembly.Declare(options, ["image.input_projector"]);
        var fault = Assert.Throws<ConfigurationException>(() => SequencePacking.Check(options, model, new ObjectiveSet([new WeightedObjective("whole", 1, new WholeSamples())])));
        Snapshot.Match(fault.Message, "objective", run.Folder);
    }

    private RunSummary RunSummaryOf(string name) => RunSummary.Read(new TrainMm.Training.Checkpoints.RunDirectory(run.Path($"runs/{name}")));

    private void AssertTheSame(int rows, params string[] settings)
    {
        using var scope = NewDisposeScope();
        using var assembly = new Assembly(run.Options("pretrain.yaml", settings));
        using var batch = assembly.Load(8);
        var (side, expected) = assembly.Step(batch, new TrainOptions { BatchSize = 8, MaxGradNorm = null }, packed: null);
        var (packed, actual) = assembly.Step(batch, new TrainOptions { BatchSize = 8, MicroBatchSize = rows, MaxGradNorm = null }, packed: 64);
        Assert.Equal(side, packed, side * Tolerance);
        var all = Math.Sqrt(expected.Sum(gradient => gradient.pow(2).sum().item<double>()));
        Assert.All(expected.Zip(actual).Index(), pair =>
        {
            var (one, other) = pair.Item;
            var difference = one.sub(other).norm().item<double>() / Math.Max(one.norm().item<double>(), Share * all);
            Assert.True(difference <= Tolerance, $"{assembly.Parameters[pair.Index].Name}: {difference:e2}");
        });
    }

    private sealed class WholeSamples : IObjective
    {
        public long CountOf(Batch batch) => batch.Samples;

        public LossTerms Compute(ForwardPass pass) => throw new NotSupportedException();
    }

    /// <summary>A model with its data, and the gradients of a step.</summary>
    private sealed class Assembly : IDisposable
    {
        private readonly MultimodalModel model;
        private readonly ObjectiveSet objectives;
        private readonly OpenDataSet set;

        public Assembly(RunOptions options)
        {
            (model, objectives) = ModelAssembly.BuildForTraining(options, options.Trainable ?? ["image.input_projector"]);
            if (model.Peft is { } peft) Disturb(peft);
            set = new DataAssembly(options, model).OpenTraining(_ => { });
            Parameters = ModelAssembly.TrainedParametersOf(model);
        }

        public IReadOnlyList<TrainMm.Training.Optimisation.TrainedParameter> Parameters { get; }

        public Batch Load(int count) => Load([.. Enumerable.Range(0, count)]);

        public Batch Load(int[] samples) => set.Batches.LoadSamples(samples);

        public (double Loss, List<Tensor> Gradients) Step(Batch batch, TrainOptions train, int? packed)
        {
            using var optimizer = new CollectingOptimizer(Parameters);
            using var step = new OptimizerStep(model, objectives, optimizer, Parameters, train, seed: 0, packed);
            return (step.Run(batch, step: 0, factor: 1)!.Loss, optimizer.Gradients);
        }

        public void Dispose()
        {
            set.Dispose();
            model.Dispose();
        }

        /// <summary>Deltas of the size of the weights that they are added to: larger ones would enlarge rounding, and be no test of packing.</summary>
        private static void Disturb(TrainMm.Core.Roles.IPeftMethod peft)
        {
            using var guard = no_grad();
            TinyModel.Disturb(peft);
            foreach (var (path, parameter) in peft.Parameters)
            {
                if (path.Contains("lora_B", StringComparison.Ordinal)) parameter.mul_(0.1);
            }
        }
    }
}
