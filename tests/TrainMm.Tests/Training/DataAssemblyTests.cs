using TrainMm.Core.Diagnostics;
using TrainMm.Data;
using TrainMm.Data.Text;
using TrainMm.Data.Text.Llava;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Evaluation;
using TrainMm.Training.Loop;
using TrainMm.Training.Parts;

namespace TrainMm.Tests.Training;

public sealed class DataAssemblyTests : IDisposable
{
    private const string Vicuna = "data.template={kind: vicuna_v1}";
    private const string Compatible = "data.masking=llava_compat";

    private readonly TinyRun run = new();
    private readonly List<string> notices = [];

    public DataAssemblyTests() => run.Write("tokenizer/tokenizer_config.json", """{"bos_token": "<s>", "eos_token": "</s>"}""");

    public void Dispose() => run.Dispose();

    [Theory]
    [InlineData("data.template={kind: plain}")]
    [InlineData(Vicuna)]
    [InlineData("data.template={kind: llama_2}")]
    public void LlavasMaskIsThatOfTrainingAndOfPrompts(string template)
    {
        using var model = ModelAssembly.Build(run.Options("pretrain.yaml"), ["image.input_projector"]);
        var options = run.Options("pretrain.yaml", template, Compatible, "data.max_length=1000");
        var assembly = new DataAssembly(options, model);
        using var set = Open(assembly, options);
        var reference = new LlavaSampleTokenizer(assembly.Tokenizer, LlavaForm.Of(options.Data.Template), placeholders: 4, new LengthPolicy(1000, TooLong.Fail));
        using var batch = set.Batches.LoadSamples([3]);
        Assert.Equal(reference.Tokenize(set.Source.Read(3)).Sample!.Labels.Select(label => (long)label), batch.Labels.data<long>().ToArray());
        using var prompts = set.Batches.LoadPrompts([3]);
        Assert.Equal(reference.TokenizePrompt(set.Source.Read(3)).Ids.Select(id => (long)id), prompts.Ids.data<long>().ToArray());
        Assert.Empty(notices);
    }

    [Fact]
    public void ATokenizerWithMoreIdsThanTheLanguageModelHasRowsIsRefused()
    {
        var options = run.Options("pretrain.yaml", "model.language_model.architecture.vocab_size=100");
        using var model = ModelAssembly.Build(options, ["image.input_projector"]);
        var fault = Assert.Throws<ConfigurationException>(() => new DataAssembly(options, model));
        Assert.Matches(@"data\.tokenizer: the tokenizer has \d+ ids, the language model 100 embeddings", fault.Message);
    }

    [Fact]
    public void WhatLlavaWouldMaskWhollyIsLeftOutAndSaid()
    {
        run.Write("train.jsonl", File.ReadAllText(run.Path("train.jsonl")).Replace("\"red\"", "\"I say: ASSISTANT: red\"", StringComparison.Ordinal));
        using var model = ModelAssembly.Build(run.Options("pretrain.yaml"), ["image.input_projector"]);
        var options = run.Options("pretrain.yaml", Vicuna, Compatible, "data.max_length=1000");
        using var set = Open(new DataAssembly(options, model), options);
        Assert.Equal(TinyRun.Samples * 3 / 4, set.Source.Count);
        Assert.Contains("6 were left out because nothing to train on was left", Assert.Single(notices), StringComparison.Ordinal);
    }

    [Fact]
    public void ARunMasksAsItIsTold()
    {
        run.Train("segments", settings: ["data.template={kind: plain}", "train.max_steps=2"]);
        run.Train("compatible", settings: ["data.template={kind: plain}", "train.max_steps=2", Compatible]);
        var report = EvaluationSession.Run(new EvaluationRequest { Options = run.Options("pretrain.yaml", "data.template={kind: plain}", "train.max_steps=2", Compatible), RunDirectory = run.Path("runs/compatible") });
        Assert.Equal(12, report.Splits["even"].Samples);
        Assert.Equal(2, run.Metrics("compatible").Count);
    }

    [Fact]
    public void LlavasMaskNeedsATokenizerLikeLlamas()
    {
        using var model = ModelAssembly.Build(run.Options("pretrain.yaml"), ["image.input_projector"]);
        run.Write("tokenizer/tokenizer_config.json", """{"eos_token": "</s>"}""");
        var fault = Assert.Throws<ConfigurationException>(() => new DataAssembly(run.Options("pretrain.yaml", Vicuna, Compatible), model));
        Assert.Contains("data.masking: llava_compat needs a tokenizer with a BOS token", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATemplateOfAnotherModelIsWarnedOf()
    {
        using var model = ModelAssembly.Build(run.Options("pretrain.yaml"), ["image.input_projector"]);
        var options = run.Options("pretrain.yaml", "data.template={kind: chatml}", "data.max_length=1000");
        using var set = Open(new DataAssembly(options, model), options);
        Assert.StartsWith("colours-train: the template writes <|im_start|>, <|im_end|>, which this tokenizer", Assert.Single(notices), StringComparison.Ordinal);
    }

    [Fact]
    public void AMaskThatTheTemplateDoesNotHaveIsAMistake()
    {
        var config = run.Write("mistake.yaml", "extends: pretrain.yaml\ndata:\n  masking: llava_compat\n");
        Snapshot.Match(Assert.Throws<ConfigurationException>(() => run.Options(Path.GetFileName(config))).Message, "masking", run.Folder);
    }

    [Fact]
    public void AMixtureGivesEachSetItsPart()
    {
        WriteText();
        var options = run.Options("pretrain.yaml", "data.train=[{manifest: train.yaml, repeat: 1.5}, {manifest: text.yaml, share: 0.25}]".Replace("manifest: ", $"manifest: {run.Folder}/", StringComparison.Ordinal));
        using var model = ModelAssembly.Build(options, ["image.input_projector"]);
        using var set = Open(new DataAssembly(options, model), options);
        Assert.Equal((36 + 12, TinyRun.Samples + 3), (set.Batches.SamplesPerEpoch, set.Source.Count));
        var ids = new List<string>();
        for (var i = 0; i < 8; i++)
        {
            using var batch = set.Batches.Load(i * 6, 6);
            ids.AddRange(batch.SampleIds);
        }

        Assert.Equal(12, ids.Count(id => id.StartsWith("words/", StringComparison.Ordinal)));
        Assert.Equal(3, ids.Where(id => id.StartsWith("words/", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal([("colours-train", 24L, 36L, 24L), ("words", 3L, 12L, 3L)], set.Measure().Select(row => (row.Name, row.Rows, row.SamplesPerEpoch, row.MeasuredRows)));

        // <s>, "a?", "A:" of the manifest's own template, a space, "a" and </s>.
        Assert.Equal(1 + 2 + 2 + 1 + 1 + 1, set.Measure()[1].TokensPerSample);
    }

    [Fact]
    public void LengthsAreExactWhereAllSamplesWereTokenised()
    {
        WriteText();
        var options = run.Options("pretrain.yaml", "data.too_long=drop", "data.max_length=8", $"data.train={run.Folder}/text.yaml");
        using var model = ModelAssembly.Build(options, ["image.input_projector"]);
        using var set = Open(new DataAssembly(options, model), options);
        Assert.Equal((8.0, 3L), (set.Measure()[0].TokensPerSample, set.Measure()[0].MeasuredRows));
    }

    [Fact]
    public void QuestionsArePutAsTheRunSaysUnlessTheManifestDoes()
    {
        WriteText();
        run.Write("text.yaml", File.ReadAllText(run.Path("text.yaml")) + "instructions: ['Say {Question}']\n");
        var options = run.Options("pretrain.yaml", $"data.train=[{run.Folder}/train.yaml, {run.Folder}/text.yaml]", "data.instructions=['{Question} In one word:']");
        using var model = ModelAssembly.Build(options, ["image.input_projector"]);
        using var set = Open(new DataAssembly(options, model), options);
        Assert.Equal("Which? In one word:", Question(0));
        Assert.Equal("Say a?", Question(TinyRun.Samples));

        string Question(int index) => string.Concat(set.Source.Read(index).Turns[0].Parts.OfType<TextPart>().Select(part => part.Text));
    }

    [Fact]
    public void AMixtureIsResumedBitwise()
    {
        WriteText();
        run.Write("mixture.yaml", "extends: pretrain.yaml\ndata:\n  train:\n    - { manifest: train.yaml, weight: 2 }\n    - { manifest: text.yaml, weight: 1 }\n  instructions: ['{Question}', 'Say {Question}']\n");
        run.Train("whole", "mixture.yaml");
        var stopped = run.Train("interrupted", "mixture.yaml", stopAfter: 3);
        Assert.Equal(ExitCode.Preempted, stopped.ExitCode);
        run.Train("interrupted", "mixture.yaml");
        Assert.Equal(run.Final("whole"), run.Final("interrupted"));
        Assert.Equal(run.Metrics("whole"), run.Metrics("interrupted"));
        Assert.Equal(
            File.ReadAllBytes(run.Path("runs/whole/checkpoints/step-00000006/state.json")), File.ReadAllBytes(run.Path("runs/interrupted/checkpoints/step-00000006/state.json")));
        Assert.Equal(["colours-train", "words"], RunSummary.Read(new RunDirectory(run.Path("runs/whole"))).Start.Data.Select(row => row.Name));
    }

    [Fact]
    public void MistakesInAMixtureAreShownAtTheirPlace()
    {
        WriteText();
        var config = run.Write(
            "mistake.yaml",
            "extends: pretrain.yaml\ndata:\n  train:\n    - nowhere.yaml\n    - { manifest: text.yaml, share: 0.5, cap: 3 }\n    - { manifest: text.yaml, repeat: 0, wieght: 1 }\n");
        Snapshot.Match(Assert.Throws<ConfigurationException>(() => run.Options(Path.GetFileName(config))).Message, "mixture", run.Folder);
        var shares = run.Write("mistake.yaml", "extends: pretrain.yaml\ndata:\n  train: [{ manifest: text.yaml, share: 0.5 }]\n  instructions: [Describe it.]\n");
        Snapshot.Match(Assert.Throws<ConfigurationException>(() => run.Options(Path.GetFileName(shares))).Message, "shares", run.Folder);
    }

    /// <summary>A data set without pictures, and with a template of its own.</summary>
    private void WriteText()
    {
        run.Write("text.jsonl", string.Concat("abc".Select(letter => $$"""{"id": "{{letter}}", "conversations": [{"from": "human", "value": "{{letter}}?"}, {"from": "gpt", "value": "{{letter}}"}]}""" + "\n")));
        run.Write("text.yaml", "name: words\nrows: { kind: llava_jsonl, path: text.jsonl }\ntemplate: { kind: custom, assistant_prefix: 'A:', answer_prefix: ' ', answer_suffix: '</s>' }\n");
    }

    private OpenDataSet Open(DataAssembly assembly, RunOptions options) => assembly.OpenTraining(notice => notices.Add(notice.Text));
}
