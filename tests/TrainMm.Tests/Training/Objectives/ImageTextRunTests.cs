using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Models.InputProjectors.QFormer.Pretraining;
using TrainMm.Tests.Torch;
using TrainMm.Training.Evaluation;
using TrainMm.Training.Loop;
using TrainMm.Training.Objectives;
using TrainMm.Training.Objectives.ImageText;
using TrainMm.Training.Parts;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training.Objectives;

/// <summary>BLIP-2's first stage as a run: a Q-Former learns from pairs without a language model, and a second stage goes on with it.</summary>
[Collection(ProcessWide.Name)]
public sealed class ImageTextRunTests : IDisposable
{
    // fp32: sums in another order, nothing else.
    private const double Tolerance = 1e-5;
    private readonly TinyRun run = new();

    public ImageTextRunTests()
    {
        TinyPairs.Write(run);
        run.Write("second.yaml", TinyPairs.Config("reads_instruction: false", ""));
    }

    public void Dispose() => run.Dispose();

    [Fact]
    public void TheThreeLossesFallAndAnInterruptedRunGoesOnBitForBit()
    {
        Assert.Equal(ExitCode.Done, run.Train("align", "align.yaml", settings: "train.max_steps=12").ExitCode);
        var metrics = run.Metrics("align");
        Assert.All(metrics, step => Assert.Equal(["image_text_contrastive", "image_text_matching", "image_grounded_generation"], step.Terms!.Keys));
        Assert.All(metrics, step => Assert.Equal(step.Terms!.Values.Sum(), step.Loss, Tolerance));
        Assert.True(metrics.TakeLast(3).Average(step => step.Loss) < metrics.Take(3).Average(step => step.Loss), string.Join(' ', metrics.Select(step => step.Loss)));

        Assert.Equal(ExitCode.Preempted, run.Train("stopped", "align.yaml", stopAfter: 5, settings: "train.max_steps=12").ExitCode);
        Assert.Equal(ExitCode.Done, run.Train("stopped", "align.yaml", settings: "train.max_steps=12").ExitCode);
        Assert.Equal(run.Final("align"), run.Final("stopped"));
        Assert.Equal(metrics, run.Metrics("stopped").Select((step, i) => step with { Terms = metrics[i].Terms }));
        Assert.Equal(metrics.Select(step => step.Terms!.Values), run.Metrics("stopped").Select(step => step.Terms!.Values));
    }

    [Fact]
    public void ASecondStageWithALanguageModelGoesOnWithTheQFormer()
    {
        run.Train("align", "align.yaml", settings: "train.max_steps=3");
        run.Train("pretrain", "second.yaml", settings: ["train.max_steps=1", "optimizer.learning_rate=0", $"initial_run={run.Path("runs/align")}"]);
        using var scope = NewDisposeScope();
        using var first = SafetensorsFile.Open(run.Path("runs/align/final/input_projector.safetensors"));
        using var second = SafetensorsFile.Open(run.Path("runs/pretrain/final/input_projector.safetensors"));
        const string Root = "image.input_projector.";
        Assert.DoesNotContain(first.Names, name => name.Contains("language_projection", StringComparison.Ordinal));
        Assert.DoesNotContain(second.Names, name => name.Contains("embeddings", StringComparison.Ordinal));
        foreach (var name in second.Names.Where(name => !name.Contains("language_projection", StringComparison.Ordinal)))
        {
            var before = name.Replace($"{Root}qformer.layernorm", $"{Root}qformer.embeddings.layernorm", StringComparison.Ordinal);
            Assert.True(first.Read(before).equal(second.Read(name)).all().item<bool>(), name);
        }

        using var untrained = ModelAssembly.Build(run.Options("second.yaml"), []);
        Assert.True(second.Read($"{Root}language_projection.weight").equal(TrainedParts.All(untrained)[$"{Root}language_projection.weight"]).all().item<bool>());
        Assert.False(File.Exists(run.Path("runs/pretrain/final/objectives.safetensors")));
    }

    [Fact]
    public void ARunWithoutALanguageModelIsNotAsked()
    {
        run.Train("align", "align.yaml", settings: "train.max_steps=1");
        var fault = Assert.Throws<ConfigurationException>(() => EvaluationSession.Run(new EvaluationRequest { Options = run.Options("align.yaml"), RunDirectory = run.Path("runs/align") }));
        Assert.Contains("model.language_model: is none", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AProjectionThatWasTrainedBeforeIsTakenToo()
    {
        run.Train("align", "align.yaml", settings: ["train.max_steps=2", "model.language_model={kind: none, width: 32}"]);
        run.Train("pretrain", "second.yaml", settings: ["train.max_steps=1", "optimizer.learning_rate=0", $"initial_run={run.Path("runs/align")}"]);
        using var scope = NewDisposeScope();
        using var first = SafetensorsFile.Open(run.Path("runs/align/final/input_projector.safetensors"));
        using var second = SafetensorsFile.Open(run.Path("runs/pretrain/final/input_projector.safetensors"));
        const string Name = "image.input_projector.language_projection.weight";
        Assert.True(first.Read(Name).equal(second.Read(Name)).all().item<bool>());
        run.Train("narrow", "align.yaml", settings: ["train.max_steps=1", "model.language_model={kind: none, width: 8}"]);
        var fault = Assert.Throws<CheckpointException>(() => run.Train("wrong", "second.yaml", settings: $"initial_run={run.Path("runs/narrow")}"));
        Assert.Contains("language_projection", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>The losses of a batch, written out from the heads' parts: what the objectives share changes nothing.</summary>
    [Fact]
    public void TheObjectivesGiveTheMeansOfTheirPairs()
    {
        using var scope = NewDisposeScope();
        var (model, objectives) = ModelAssembly.BuildForTraining(run.Options("align.yaml"), ["image.input_projector"]);
        using var owned = model;
        using var set = new DataAssembly(run.Options("align.yaml"), model, objectives.Captions).OpenTraining(_ => { });
        var batch = set.Batches.Load(0, 4);
        var texts = Assert.Single(batch.Captions).Value;
        Assert.All(Enumerable.Range(0, 4), i => Assert.Equal([2, 5 + (batch.SampleIndices[i] % 4), 3], texts.Ids[i].data<long>().ToArray()));
        var pairs = objectives.Items.Select(item => item.Objective).ToArray();
        Assert.Equal([4L, 12, 8], pairs.Select(objective => objective.CountOf(batch)));

        var pass = new ForwardPass(model, batch, pairs, [1, 2, 3, 4]);
        var similarity = ((ImageTextContrastiveObjective)pairs[0]).SimilarityOf(pass);
        var expected = 0.0;
        for (var i = 0; i < 4; i++)
        {
            for (var j = 0; j < 4; j++)
            {
                var weight = (i == j ? 0.9 : 0) + (0.1 / 4);
                expected -= weight * (nn.functional.log_softmax(similarity, 1)[i, j].item<float>() + nn.functional.log_softmax(similarity, 0)[i, j].item<float>()) / 2;
            }
        }

        Assert.Equal(expected, pairs[0].Compute(pass).Sum.item<float>(), Tolerance * expected);

        // What another pass computes alone is the same.
        var alone = new ForwardPass(model, batch, [pairs[2]], [1, 2, 3, 4]);
        Assert.Equal(pairs[2].Compute(alone).Sum.item<float>(), pairs[2].Compute(pass).Sum.item<float>(), Tolerance);
    }

    [Fact]
    public void NoSampleIsItsOwnNegativeAndAllOthersAreDrawn()
    {
        using var scope = NewDisposeScope();
        var options = run.Options("align.yaml", "objectives=[{kind: image_text_matching, hard_negatives: false}]");
        var (model, objectives) = ModelAssembly.BuildForTraining(options, ["image.input_projector"]);
        using var owned = model;
        using var set = new DataAssembly(options, model, objectives.Captions).OpenTraining(_ => { });
        var batch = set.Batches.Load(0, 4);
        var objective = (ImageTextMatchingObjective)objectives.Items[0].Objective;
        var seen = new HashSet<(long, long)>();
        for (var seed = 0; seed < 40; seed++)
        {
            var pass = new ForwardPass(model, batch, [objective], [seed * 4L, (seed * 4L) + 1, (seed * 4L) + 2, (seed * 4L) + 3]);
            var (media, texts) = objective.NegativesOf(pass);
            Assert.Equal(media.data<long>().ToArray(), objective.NegativesOf(pass).Media.data<long>().ToArray());
            foreach (var drawn in (Tensor[])[media, texts])
            {
                foreach (var (other, own) in drawn.data<long>().ToArray().Select((other, own) => (other, own)))
                {
                    Assert.NotEqual(own, other);
                    seen.Add((own, other));
                }
            }
        }

        Assert.Equal(12, seen.Count);

        // One that is all that is alike is drawn whatever the number.
        var likeness = zeros(4, 4);
        foreach (var (i, j) in ((int, int)[])[(0, 1), (1, 0), (2, 3), (3, 2)]) likeness[i, j] = 1000;
        Assert.Equal([1L, 0, 3, 2], ContrastHead.Negatives(likeness, rows => rows.argmax(1)).Texts.data<long>().ToArray());
    }

    [Fact]
    public void MistakesAreSaidAtTheirLine()
    {
        Refused("objectives: text_generation needs a language model", "objectives=[{kind: text_generation}]");
        Refused("objectives.0.hard_negatives: needs the objective image_text_contrastive", "objectives=[{kind: image_text_matching}]");
        Refused("objectives.0.modality: the model has no modality 'audio'; it has image", "objectives=[{kind: image_text_contrastive, modality: audio}]");
        Refused("objectives.0.modality: the input projector of 'image' is no Q-Former with the parts that read text", TinyPairs.All, "model.modalities.image.input_projector={kind: linear}", "model.language_model.width=8");
        Refused("model.modalities.image.input_projector: a linear leads to a language model's width, and there is no language model", TinyPairs.All, "model.modalities.image.input_projector={kind: linear}");
        Refused("objectives.0.begin_id: is 30522, beyond the 12 rows", "objectives=[{kind: image_grounded_generation}]");
        Refused("objectives.0.max_tokens: is 64, and the Q-Former knows 32 positions", "objectives=[{kind: image_text_contrastive, max_tokens: 64}]");
        Refused("train.micro_batch_size: cannot be less than the batch", TinyPairs.All, "train.micro_batch_size=2");
        Refused("model.fusion: a llama_adapter acts within a decoder's layers, and there is no language model", TinyPairs.All, "model.fusion={kind: llama_adapter}");
    }

    [Fact]
    public void ASampleWithTwoPicturesIsNoPair()
    {
        run.Write("two.jsonl", """{"id": "two", "image": ["0.png", "1.png"], "conversations": [{"from": "human", "value": "<image><image>"}, {"from": "gpt", "value": "red"}]}""" + "\n");
        run.Write("two.yaml", "name: two\nrows: { kind: llava_jsonl, path: two.jsonl }\nmedia: { kind: folder, path: pictures }\n");
        var fault = Assert.Throws<DataException>(() => run.Train("two", "align.yaml", settings: $"data.train={run.Path("two.yaml")}"));
        Assert.Contains("Sample two has 2 media of modality 'image'", fault.Message, StringComparison.Ordinal);
    }

    private void Refused(string message, params string[] settings) => Assert.Contains(
        message, Assert.Throws<ConfigurationException>(() => ModelAssembly.BuildForTraining(run.Options("align.yaml", [TinyPairs.All, .. settings]), ["image.input_projector"])).Message, StringComparison.Ordinal);
}
