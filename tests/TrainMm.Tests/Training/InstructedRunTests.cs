using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.LanguageModels.Generation;
using TrainMm.Tests.Torch;
using TrainMm.Training.Checks;
using TrainMm.Training.Evaluation;
using TrainMm.Training.Loop;
using TrainMm.Training.Parts;
using TrainMm.Training.Stages;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training;

/// <summary>Runs whose projector reads the question beside its queries, as InstructBLIP's does.</summary>
[Collection(ProcessWide.Name)]
public sealed class InstructedRunTests : IDisposable
{
    private const string Words = "input_projector.safetensors";
    private const string Table = "qformer.embeddings.word_embeddings.weight";
    private readonly TinyRun run = new();

    public InstructedRunTests()
    {
        run.Write("words/vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nwhich\nname\nit\ncolour\n?\n.\n");
        run.Write("instructed.yaml", Config("pretrain.yaml", "tokenizer: words, "));
        run.Write("sft-instructed.yaml", Config("sft.yaml", "tokenizer: words, "));
    }

    public void Dispose() => run.Dispose();

    [Fact]
    public void BothStagesEvaluationAndAnswersReadTheQuestion()
    {
        Assert.Equal(ExitCode.Done, run.Train("pretrain", "instructed.yaml").ExitCode);
        Assert.Equal(ExitCode.Done, run.Train("sft", "sft-instructed.yaml").ExitCode);
        Assert.Contains("instruction_tokenizers", File.ReadAllText(run.Path("runs/sft/final/component.json")), StringComparison.Ordinal);

        // What is read is trained: the rows of words that occur have changed between the stages, the padding's has not.
        using var scope = NewDisposeScope();
        using var before = SafetensorsFile.Open(run.Path($"runs/pretrain/final/{Words}"));
        using var after = SafetensorsFile.Open(run.Path($"runs/sft/final/{Words}"));
        var table = Assert.Single(after.Entries.Keys, name => name.EndsWith(Table, StringComparison.Ordinal));
        var change = after.Read(table).sub(before.Read(table)).abs().sum(1L).data<float>().ToArray();
        Assert.True(change[5] > 0 && change[6] > 0 && change[2] > 0 && change[3] > 0, string.Join(' ', change));

        var report = EvaluationSession.Run(new EvaluationRequest { Options = run.Options("sft-instructed.yaml"), RunDirectory = run.Path("runs/sft") });
        Assert.All(report.Splits.Values, split => Assert.True(double.IsFinite(split.Loss)));
        Assert.Equal(2, report.Samples.Count);
        using var session = GenerationSession.Open(run.Options("sft-instructed.yaml"), run.Path("runs/sft"));
        Assert.NotNull(session.Ask("Which?", [new AttachedMedium("image", File.ReadAllBytes(run.Path("pictures/0.png")))], new GenerationOptions { MaxNewTokens = 2 }));
    }

    [Fact]
    public void AnotherQuestionGivesOtherSoftTokens()
    {
        using var scope = NewDisposeScope();
        var options = run.Options("instructed.yaml");
        using var model = ModelAssembly.Build(options, []);
        using var set = new DataAssembly(options, model).OpenTraining(_ => { });
        using var batch = set.Batches.LoadSamples([0, 1]);
        var media = batch.Media["image"];
        Assert.Equal([2, 5, 9, 6, 7, 10, 3], media.Instructions!.Ids[0].data<long>().ToArray());
        using var other = model.Modalities["image"].Projector.Project(model.Modalities["image"].Encode(media.Values), new(media.Instructions.Ids.add(1).clamp(max: 9), media.Instructions.Mask));
        Assert.True(model.Modalities["image"].Project(media).sub(other).abs().max().item<float>() > 1e-5);
    }

    [Fact]
    public void KeptFeaturesAndMicroBatchesGoWithTheirOwnQuestions()
    {
        using var scope = NewDisposeScope();
        var rows = File.ReadAllLines(run.Path("train.jsonl")).Select((row, i) => i % 2 == 0 ? row : row.Replace("Which?", "Colour", StringComparison.Ordinal));
        run.Write("train.jsonl", string.Join('\n', rows) + "\n");
        var options = run.Options("instructed.yaml");
        using var model = ModelAssembly.Build(options, []);
        using var features = new FrozenFeatures(model, FrozenFeatures.DefaultCapacity);
        using var set = new DataAssembly(options, model).OpenTraining(_ => { });
        using var batch = set.Batches.LoadSamples([0, 1, 2]);
        using var whole = model.Modalities["image"].Project(batch.Media["image"]);
        Assert.Equal([2, 8, 6, 7, 10, 3, 0], batch.Media["image"].Instructions!.Ids[1].data<long>().ToArray());
        foreach (var (part, sources) in MicroBatches.Cut(features.Complete(batch), 1))
        {
            using var alone = model.Modalities["image"].Project(part.Media["image"]);
            Assert.True(alone[0].sub(whole[sources[0]]).abs().max().item<float>() < 1e-5);
        }
    }

    [Fact]
    public void WhatIsCutIsCountedAndSaid()
    {
        var notices = new List<string>();
        run.Write("train.jsonl", string.Join('\n', File.ReadAllLines(run.Path("train.jsonl")).Select((row, i) => i % 4 == 0 ? row.Replace("Which?", "Which colour is it now?", StringComparison.Ordinal) : row)) + "\n");
        var options = run.Options("instructed.yaml");
        using var model = ModelAssembly.Build(options, []);
        using var set = new DataAssembly(options, model).OpenTraining(notice => notices.Add(notice.Text));
        Assert.Equal("colours-train: 6 of 24 instructions beside media of modality 'image' are cut to the 8 tokens that the input projector reads.", Assert.Single(notices));
        using var batch = set.Batches.LoadSamples([0]);
        Assert.Equal([2, 5, 8, 1, 7, 1, 9, 3], batch.Media["image"].Instructions!.Ids.data<long>().ToArray());
    }

    [Fact]
    public void ATokenizerThatIsMissingOrTooLargeIsSaid()
    {
        var options = run.Options(Path.GetFileName(run.Write("without.yaml", Config("pretrain.yaml", ""))));
        using var model = ModelAssembly.Build(options, []);
        Assert.Contains("model.modalities.image.input_projector: reads the instruction, and there is no tokenizer for it", Assert.Throws<ConfigurationException>(() => new DataAssembly(options, model)).Message, StringComparison.Ordinal);
        var large = run.Options(Path.GetFileName(run.Write("large.yaml", Config("pretrain.yaml", "tokenizer: tokenizer, "))));
        Assert.Contains("has 1004 ids, the projector 11 embeddings", Assert.Throws<ConfigurationException>(() => CheckSession.Run(new CheckRequest { Options = large, Stage = StageKind.Pretrain })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PartsThatReadOtherIdsAreRefused()
    {
        run.Train("pretrain", "instructed.yaml", settings: "train.max_steps=1");
        run.Write("words/vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nname\nwhich\nit\ncolour\n?\n.\n");
        var fault = Assert.Throws<CheckpointException>(() => run.Train("sft", "sft-instructed.yaml"));
        Assert.Contains("image.input_projector.tokenizer: the parts were trained with ", fault.Message, StringComparison.Ordinal);
    }

    private static string Config(string below, string tokenizer) => $$"""
        extends: {{below}}
        model:
          modalities:
            image:
              input_projector: { kind: q_former, {{tokenizer}}architecture: { reads_instruction: true, num_query_tokens: 3, vocab_size: 11, hidden_size: 8, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 12, max_position_embeddings: 8, initializer_range: 0.3 } }
        data: { instructions: ["<Image>{Question} Name it."] }
        train: { feature_cache: on, feature_store: { folder: features } }

        """;
}
