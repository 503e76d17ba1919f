using TrainMm.Tests.Torch;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Evaluation;
using TrainMm.Training.Loop;
using TrainMm.Training.Metrics;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training;

/// <summary>What <c>eval</c> says of a run that makes media: its objectives' losses on held-out rows, and against other rows' captions and media.</summary>
[Collection(ProcessWide.Name)]
public sealed class MadeEvaluationTests : IDisposable
{
    private const double Rounding = 1e-4;
    private readonly TinyRun run = new();

    public MadeEvaluationTests()
    {
        run.Write("captions.jsonl", """{"text": "red", "target": "0.png"}""" + "\n" + """{"text": "blue", "target": "2.png"}""" + "\n");
        run.Write("captions.yaml", "name: captions\nrows: { kind: caption_targets, path: captions.jsonl }\nmedia: { kind: folder, path: pictures }\n");
        run.Write("generate.yaml", GenerationRunTests.Config);
        run.Write("aligned.yaml", "extends: generate.yaml\nobjectives: [{ kind: text_generation }, { kind: condition_alignment, weight: 0.5 }, { kind: latent_diffusion }]\nschedule: { kind: constant }\ntrain: { batch_size: 2, max_steps: 40 }\nevaluation: { generate: { samples: 0 } }\n");
    }

    public void Dispose() => run.Dispose();

    [Fact]
    public void EachObjectiveIsMeasuredOnItsOwnAndOnAnothersCaptionAndMedium()
    {
        run.Train("trained", "aligned.yaml");
        var options = run.Options("aligned.yaml");
        var made = Assert.Single(EvaluationSession.Run(new EvaluationRequest { Options = options, RunDirectory = run.Path("runs/trained"), Manifests = [run.Path("captions.yaml")] }).Splits).Value.Made!;
        Assert.Equal(["condition_alignment", "latent_diffusion"], made.Keys.Order(StringComparer.Ordinal));
        Assert.All(made.Values, each => Assert.Equal(2, each.Targets));

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (model, data) = FinishedRun.Load(options, new RunDirectory(run.Path("runs/trained")));
        using var loaded = model;
        using var set = data.Open(run.Path("captions.yaml"), _ => { });
        using var batch = set.Batches.LoadSamples([0, 1]);
        var (path, signals) = (model.Outputs["image"], batch.Signals["image"]);
        var states = model.Hidden(batch, signals.Places).view(2, 3, 32);
        var predicted = path.Project([states], model.LanguageModel.Embed(batch.Ids.reshape(-1).index_select(0, signals.Places)).view(2, 3, 32)); // [2, C, Dg]
        var captions = path.Generator.Condition(signals.Captions);
        Assert.Equal(Distance(predicted, captions), made["condition_alignment"].Loss, Rounding);
        Assert.Equal(Distance(predicted, captions.flip(0)), made["condition_alignment"].Shuffled!.Value, Rounding);
        Assert.True(made["condition_alignment"].Loss < made["condition_alignment"].Shuffled, $"{made["condition_alignment"]}");
        Assert.NotEqual(made["latent_diffusion"].Loss, made["latent_diffusion"].Shuffled);
    }

    [Fact]
    public void WhereNothingIsShownTheHeldOutLossHasOthersCaptionsForItsControl()
    {
        run.Train("held", "aligned.yaml", settings: ["objectives=[{ kind: condition_alignment }]", $"data.validation={run.Path("captions.yaml")}", "train.max_steps=2", "evaluation.every_steps=1"]);
        Assert.All(HeldOut("held"), record => Assert.NotEqual(record.Loss, record.LossShuffled));
    }

    private IReadOnlyList<HeldOutRecord> HeldOut(string name) => JsonLines.Read<HeldOutRecord>(run.Path($"runs/{name}/heldout.jsonl"));

    private static double Distance(Tensor predicted, Tensor captions) => predicted.sub(captions).pow(2).mean().item<float>();
}
