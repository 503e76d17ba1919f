using TrainMm.Core;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Tests.Torch;
using TrainMm.Training.Loop;
using TrainMm.Training.Objectives;
using TrainMm.Training.Objectives.ImageText;
using TrainMm.Training.Parts;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training.Objectives;

/// <summary>ALBEF's momentum beside a Q-Former's contrast: averages, queue and soft targets, and what a checkpoint has of them.</summary>
[Collection(ProcessWide.Name)]
public sealed class MomentumContrastTests : IDisposable
{
    // fp32: sums in another order, nothing else.
    private const double Tolerance = 1e-5;
    private const double Rate = 0.75;
    private const double Distillation = 0.5;
    private const string Root = "objectives.image_text_contrastive.momentum.";
    private const string Momentum = "objectives=[{kind: image_text_contrastive, width: 6, momentum: {rate: 0.75, queue: 6, distillation: 0.5, warmup_steps: 2}}, {kind: image_text_matching}]";
    private readonly TinyRun run = new();

    public MomentumContrastTests() => TinyPairs.Write(run);

    public void Dispose() => run.Dispose();

    [Fact]
    public void AnInterruptedRunGoesOnBitForBitWithItsAveragesAndItsQueue()
    {
        string[] settings = ["train.max_steps=10", Momentum];
        Assert.Equal(ExitCode.Done, run.Train("whole", "align.yaml", settings: settings).ExitCode);
        Assert.Equal(ExitCode.Preempted, run.Train("stopped", "align.yaml", stopAfter: 5, settings: settings).ExitCode);
        Assert.Equal(ExitCode.Done, run.Train("stopped", "align.yaml", settings: settings).ExitCode);
        Assert.Equal(run.Final("whole"), run.Final("stopped"));
        const string Last = "checkpoints/step-00000010";
        Assert.Equal(TinyRun.FilesOf(run.Path($"runs/whole/{Last}")), TinyRun.FilesOf(run.Path($"runs/stopped/{Last}")));
        Assert.Equal(run.Metrics("whole").Select(step => step.Loss), run.Metrics("stopped").Select(step => step.Loss));
        using var buffers = SafetensorsFile.Open(run.Path($"runs/whole/{Last}/buffers.safetensors"));
        using var taken = buffers.Read($"{Root}queue.taken");
        Assert.Equal(40, taken.item<long>());
        Assert.All(buffers.Names, name => Assert.StartsWith(Root, name, StringComparison.Ordinal));

        run.Train("plain", "align.yaml", settings: "train.max_steps=2");
        Assert.False(File.Exists(run.Path("runs/plain/checkpoints/step-00000002/buffers.safetensors")));
        using var final = SafetensorsFile.Open(run.Path("runs/whole/final/objectives.safetensors"));
        Assert.DoesNotContain(final.Names, name => name.Contains("momentum", StringComparison.Ordinal));
    }

    /// <summary>Three batches of four through a queue of six, beside the definition written out pair by pair.</summary>
    [Fact]
    public void LossAveragesAndQueueAreAsDefined()
    {
        using var scope = NewDisposeScope();
        var (model, objectives) = ModelAssembly.BuildForTraining(run.Options("align.yaml", Momentum), ["image.input_projector"]);
        using var owned = model;
        using var set = new DataAssembly(run.Options("align.yaml", Momentum), model, objectives.Captions).OpenTraining(_ => { });
        var objective = (ImageTextContrastiveObjective)objectives.Items[0].Objective;
        var averages = AveragesOf(model);
        var expected = averages.ToDictionary(pair => pair.Key, pair => pair.Value.Trained.detach().clone());
        var queue = new List<(Tensor Image, Tensor Text)>();
        for (var step = 0; step < 3; step++)
        {
            var batch = set.Batches.Load(step * 4, 4);
            var pass = new ForwardPass(model, batch, [objective], [1, 2, 3, 4]);
            var loss = objective.Compute(pass);
            var (images, texts) = Features(model, batch, objective, expected, averages);
            (Tensor Image, Tensor Text)[] candidates = [.. Enumerable.Range(0, 4).Select(i => (images[i], texts[i])), .. queue];
            Assert.Equal(Defined(model, objective, pass, candidates, Distillation * Math.Min(1, step / 2.0)), loss.Sum.item<float>() / 4, Tolerance);

            Move(model);
            objectives.AfterStep();
            foreach (var (name, (average, trained)) in averages)
            {
                expected[name] = (expected[name] * Rate) + (trained.detach() * (1 - Rate));
                Assert.True(allclose(expected[name], average, Tolerance, 1e-6), name);
            }

            for (var i = 0; i < 4; i++) queue.Add((images[i], texts[i]));
            if (queue.Count > 6) queue = Ring(queue);
        }
    }

    [Fact]
    public void HeldOutPairsAreComparedAmongThemselves()
    {
        using var scope = NewDisposeScope();
        var (model, objectives) = ModelAssembly.BuildForTraining(run.Options("align.yaml", Momentum), ["image.input_projector"]);
        using var owned = model;
        using var set = new DataAssembly(run.Options("align.yaml", Momentum), model, objectives.Captions).OpenTraining(_ => { });
        var objective = objectives.Items[0].Objective;
        double Loss() => objective.Compute(new ForwardPass(model, set.Batches.Load(0, 4), [objective], [1, 2, 3, 4])).Sum.item<float>();
        model.eval();
        var before = Loss();
        model.train();
        var trained = Loss();
        objectives.AfterStep();
        Assert.NotEqual(trained, Loss());
        model.eval();
        Assert.Equal(before, Loss());
    }

    [Fact]
    public void ACheckpointWithoutBuffersIsAnotherRuns()
    {
        run.Train("run", "align.yaml", stopAfter: 2, settings: "train.max_steps=4");
        var fault = Assert.Throws<CheckpointException>(() => run.Train("run", "align.yaml", allowedChanges: ["objectives"], settings: ["train.max_steps=4", Momentum.Replace(", {kind: image_text_matching}", ", {kind: image_text_matching}, {kind: image_grounded_generation, begin_id: 11}", StringComparison.Ordinal)]));
        Assert.Contains("step-00000002 holds other buffers than this run's objectives keep", fault.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, (Tensor Average, Tensor Trained)> AveragesOf(MultimodalModel model)
    {
        var parameters = model.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter, StringComparer.Ordinal);
        return model.named_buffers().Where(pair => pair.name.StartsWith($"{Root}qformer.", StringComparison.Ordinal) || pair.name.StartsWith($"{Root}head.", StringComparison.Ordinal)).ToDictionary(
            pair => pair.name,
            pair => (pair.buffer, (Tensor)parameters[pair.name.Replace($"{Root}qformer.", "image.input_projector.", StringComparison.Ordinal).Replace($"{Root}head.", "objectives.image_text_contrastive.", StringComparison.Ordinal)]),
            StringComparer.Ordinal);
    }

    /// <summary>What the averaged parameters make of a batch: they are put in the trained ones' place.</summary>
    private static (Tensor Images, Tensor Texts) Features(MultimodalModel model, Batch batch, ImageTextContrastiveObjective objective, Dictionary<string, Tensor> expected, Dictionary<string, (Tensor Average, Tensor Trained)> averages)
    {
        using var guard = no_grad();
        var kept = averages.ToDictionary(pair => pair.Key, pair => pair.Value.Trained.detach().clone());
        foreach (var (name, pair) in averages) pair.Trained.copy_(expected[name]);
        var contrast = objective.ContrastOf(new ForwardPass(model, batch, [objective], [1, 2, 3, 4]));
        foreach (var (name, pair) in averages) pair.Trained.copy_(kept[name]);
        return (contrast.Images.clone(), contrast.Texts.clone());
    }

    private static double Defined(MultimodalModel model, ImageTextContrastiveObjective objective, ForwardPass pass, (Tensor Image, Tensor Text)[] candidates, double share)
    {
        using var guard = no_grad();
        var own = objective.ContrastOf(pass);
        var temperature = model.named_parameters().Single(pair => pair.name == "objectives.image_text_contrastive.temp").parameter.item<float>();
        double Like(Tensor image, Tensor text) => image.matmul(text).max().item<float>() / temperature;
        var sum = 0.0;
        for (var i = 0; i < 4; i++)
        {
            sum += Row([.. candidates.Select(other => Like(own.Images[i], other.Text))], [.. candidates.Select(other => Like(candidates[i].Image, other.Text))], i, share);
            sum += Row([.. candidates.Select(other => Like(other.Image, own.Texts[i]))], [.. candidates.Select(other => Like(other.Image, candidates[i].Text))], i, share);
        }

        return sum / 8;
    }

    private static double Row(double[] similarities, double[] slow, int own, double share)
    {
        var whole = Math.Log(similarities.Sum(Math.Exp));
        var slowWhole = slow.Sum(Math.Exp);
        return similarities.Select((like, j) => ((share * Math.Exp(slow[j]) / slowWhole) + (j == own ? 1 - share : 0)) * (whole - like)).Sum();
    }

    /// <summary>An optimiser's step, as far as the averages are concerned.</summary>
    private static void Move(MultimodalModel model)
    {
        using var guard = no_grad();
        foreach (var (_, parameter) in model.named_parameters().Where(pair => pair.parameter.requires_grad)) parameter.mul_(1.1);
    }

    /// <summary>The seventh pair stands in the first one's place, and so on.</summary>
    private static List<(Tensor Image, Tensor Text)> Ring(List<(Tensor Image, Tensor Text)> pairs)
    {
        var ring = pairs.Take(6).ToList();
        foreach (var (index, pair) in pairs.Skip(6).Index()) ring[index] = pair;
        return ring;
    }
}
