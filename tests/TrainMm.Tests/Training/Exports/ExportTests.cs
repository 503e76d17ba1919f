using System.Text.RegularExpressions;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Data.Text.Tokenizers;
using TrainMm.Models;
using TrainMm.Models.Peft.Lora;
using TrainMm.Tests.Core.Weights.PyTorch;
using TrainMm.Training.Exports;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training.Exports;

public sealed class ExportTests(ExportedRuns runs) : IClassFixture<ExportedRuns>
{
    [Fact]
    public void PeftGetsTheAdapterUnderItsNames()
    {
        var result = ExportSession.Run(runs.Request("sft", ExportTarget.Peft, "out/peft"));
        Assert.Equal(0, result.Verification!.LargestError);
        Assert.Equal(["image.input_projector"], result.LeftOut);
        Assert.Matches("\"template\": \"[0-9a-f]{64}\"", File.ReadAllText(Path.Combine(result.Folder, "component.json")));
        Snapshot.Match(Listing(result), "peft", runs.Folder);
        Snapshot.Match(File.ReadAllText(Path.Combine(result.Folder, "adapter_config.json")), "peft-config", runs.Folder);
    }

    [Fact]
    public void AllLinearIsWrittenOutForPeft()
    {
        runs.Train("all-linear", "sft.yaml", ExportedRuns.LlavaWidth, "model.adapter.target_modules=null", "model.adapter.target_pattern=all-linear", "train.max_steps=2");
        var result = ExportSession.Run(runs.Request("all-linear", ExportTarget.Peft, "out/all-linear"));
        Assert.Equal(0, result.Verification!.LargestError);
        Assert.Equal(
            ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"], HuggingFaceConfig.Open(result.Folder, AdapterConfigFile.Name).Texts("target_modules"), StringComparer.Ordinal);
    }

    [Fact]
    public void LlavaGetsTheFirstStagesProjectorFile()
    {
        var result = ExportSession.Run(runs.Request("pretrain", ExportTarget.Llava, "out/llava-1"));
        Assert.Equal(0, result.Verification!.LargestError);
        Assert.Empty(result.LeftOut);
        Snapshot.Match(Listing(result), "llava-projector", runs.Folder);
        Snapshot.Match(File.ReadAllText(Path.Combine(result.Folder, "config.json")), "llava-config", runs.Folder);
    }

    [Fact]
    public void LlavaGetsTheFolderOfItsLoraStage()
    {
        var result = ExportSession.Run(runs.Request("sft", ExportTarget.Llava, "out/llava-2"));
        Assert.Equal(0, result.Verification!.LargestError);
        Assert.Empty(result.LeftOut);
        Snapshot.Match(Listing(result), "llava-lora", runs.Folder);
    }

    [Fact]
    public void HuggingFaceGetsTheWholeModel()
    {
        var result = ExportSession.Run(runs.Request("sft", ExportTarget.Hf, "out/hf") with { ShardBytes = 64_000 });
        Assert.True(result.Verification!.Agrees);
        Assert.Empty(result.LeftOut);
        Snapshot.Match(Listing(result), "hf", runs.Folder);
        foreach (var name in (string[])["config", "preprocessor_config", "processor_config"])
            Snapshot.Match(File.ReadAllText(Path.Combine(result.Folder, $"{name}.json")), $"hf-{name.Replace('_', '-')}", runs.Folder);
        var tokenizer = TokenizerFile.Load(result.Folder);
        Assert.Equal(HuggingFaceConfig.Open(result.Folder).Integer("image_token_index"), tokenizer.TokenToId("<image>"));
    }

    [Fact]
    public void ATokenForImagesIsAddedWhereTheVocabularyHasNone()
    {
        runs.Train("no-token", "sft.yaml", ExportedRuns.LlavaWidth, "train.max_steps=1", "data.template.media_tokens={ image: \"<drawing>\" }");
        var result = ExportSession.Run(runs.Request("no-token", ExportTarget.Hf, "out/no-token"));
        Assert.True(result.Verification!.Agrees);
        var config = HuggingFaceConfig.Open(result.Folder);
        var rows = config.Section("text_config").Integer("vocab_size");
        Assert.Equal(rows - 1, config.Integer("image_token_index"));
        Assert.Equal(rows - 1, TokenizerFile.Load(result.Folder).SpecialTokenIds["<drawing>"]);
        using var source = WeightSource.Open(result.Folder);
        using var scope = NewDisposeScope();
        foreach (var name in (string[])["language_model.lm_head.weight", "language_model.model.embed_tokens.weight"])
        {
            var table = source.Read(name);
            Assert.Equal(rows, table.shape[0]);
            Assert.True(table.narrow(0, 0, rows - 1).mean([0L]).allclose(table[rows - 1], 1e-5, 1e-6));
        }
    }

    [Fact]
    public void TheMergedLanguageModelStandsAlone()
    {
        var result = ExportSession.Run(runs.Request("sft", ExportTarget.Merged, "out/merged"));
        Assert.True(result.Verification!.Agrees);
        Assert.Equal(["image.input_projector"], result.LeftOut);
        Snapshot.Match(Listing(result), "merged", runs.Folder);
        Snapshot.Match(File.ReadAllText(Path.Combine(result.Folder, "config.json")), "merged-config", runs.Folder);
    }

    [Fact]
    public void WhatElseWasTrainedIsInTheWholeModel()
    {
        runs.Train("norm", "pretrain.yaml", ExportedRuns.LlavaWidth, "train.max_steps=2", "trainable=[image.input_projector, 'language_model.model.norm.*', 'image.encoder.*']");
        foreach (var (target, left) in ((ExportTarget, string[])[])[(ExportTarget.Hf, []), (ExportTarget.Merged, ["image.encoder", "image.input_projector"])])
        {
            var result = ExportSession.Run(runs.Request("norm", target, $"out/norm-{target}"));
            Assert.Equal(0, result.Verification!.LargestError);
            Assert.Equal(left, result.LeftOut);
        }
    }

    [Fact]
    public void PaddedImagesAndHalfPrecisionComeBack()
    {
        runs.Train("half", "sft.yaml", ExportedRuns.LlavaWidth, "train.max_steps=2", "model.dtype=bfloat16", "model.modalities.image.encoder.image_fit=pad", "initial_run=null");
        var result = ExportSession.Run(runs.Request("half", ExportTarget.Hf, "out/half"));
        Assert.True(result.Verification!.Agrees);
        Assert.Equal("bfloat16", HuggingFaceConfig.Open(result.Folder).Text("torch_dtype"));
        Assert.True(HuggingFaceConfig.Open(result.Folder, "preprocessor_config.json").Flag("do_pad"));
    }

    [PyTorchFact]
    public void PyTorchReadsTheProjectorFile()
    {
        var result = ExportSession.Run(runs.Request("pretrain", ExportTarget.Llava, "out/for-pytorch"));
        var printed = PyTorchFactAttribute.Run(
            "import sys, torch\nfor name, t in sorted(torch.load(sys.argv[1]).items()): print(name, list(t.shape), t.dtype, '%.4f' % t.double().sum().item())",
            Path.Combine(result.Folder, "mm_projector.bin"));
        using var source = WeightSource.Open(Path.Combine(result.Folder, "mm_projector.bin"));
        using var scope = NewDisposeScope();
        var expected = source.Names.Order(StringComparer.Ordinal).Select(name =>
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name} [{string.Join(", ", source.Entry(name).Shape)}] torch.float32 {source.Read(name, ScalarType.Float64).sum().item<double>():F4}\n"));
        Assert.Equal(string.Concat(expected), printed);
    }

    [Fact]
    public void WhatReadsBackAsAnotherModelKeepsAnotherName()
    {
        var request = runs.Request("sft", ExportTarget.Peft, "out/wrong");
        var fault = Assert.Throws<CheckpointException>(() => ExportSession.Run(request, new ForgetfulExport()));
        Assert.Contains("reads back as another model", fault.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(request.OutputFolder));
        Assert.True(File.Exists(Path.Combine(request.OutputFolder + ".unverified", "adapter_config.json")));
        Assert.Contains("is left of an export", Assert.Throws<CheckpointException>(() => ExportSession.Run(request)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutVerificationNothingIsReadBack()
    {
        var result = ExportSession.Run(runs.Request("sft", ExportTarget.Peft, "out/unread") with { Verify = false }, new ForgetfulExport());
        Assert.Null(result.Verification);
        Assert.True(File.Exists(Path.Combine(runs.Path("out/unread"), "component.json")));
    }

    [Fact]
    public void AFolderThatHoldsSomethingIsNotTouched()
    {
        var request = runs.Request("sft", ExportTarget.Peft, "out/taken");
        Directory.CreateDirectory(request.OutputFolder);
        File.WriteAllText(Path.Combine(request.OutputFolder, "mine"), "");
        Assert.Contains("is not empty", Assert.Throws<CheckpointException>(() => ExportSession.Run(request)).Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(request.OutputFolder, "mine"));
        Assert.Equal(request.OutputFolder, ExportSession.Run(request).Folder);
    }

    [Theory]
    [InlineData("no-adapter", ExportTarget.Peft, "pretrain.yaml", "seed=8")]
    [InlineData("projector", ExportTarget.Llava, "pretrain.yaml", "model.modalities.image.input_projector.hidden_width=24")]
    [InlineData("depth", ExportTarget.Hf, "pretrain.yaml", "model.modalities.image.input_projector={ kind: linear }")]
    [InlineData("others", ExportTarget.Llava, "pretrain.yaml", "trainable=[image.input_projector, 'language_model.model.norm.*']")]
    [InlineData("partial-lora", ExportTarget.Merged, "pretrain.yaml", "model.adapter={ kind: partial_lora, r: 2 }")]
    [InlineData("bottleneck", ExportTarget.Peft, "pretrain.yaml", "model.adapter={ kind: adapter, bottleneck: 2 }")]
    public void WhatATargetCannotExpressIsNamed(string name, ExportTarget target, string config, string setting)
    {
        runs.Train(name, config, setting.Contains("input_projector=", StringComparison.Ordinal) || setting.Contains("hidden_width", StringComparison.Ordinal) ? [setting, "train.max_steps=1"] : [ExportedRuns.LlavaWidth, setting, "train.max_steps=1"]);
        var fault = Assert.Throws<ConfigurationException>(() => ExportSession.Run(runs.Request(name, target, $"out/{name}")));
        Snapshot.Match(Regex.Replace(fault.Message, @"(?<=config\.yaml):\d+:\d+:", ":LINE:", RegexOptions.None, TimeSpan.FromSeconds(1)), $"cannot-{name}", runs.Folder);
        Assert.False(Directory.Exists(runs.Path($"out/{name}.unverified")));
    }

    [Theory]
    [InlineData("opt", "vocab_size: 1004, hidden_size: 32, ffn_dim: 48, num_hidden_layers: 2, num_attention_heads: 4, max_position_embeddings: 128", "q_proj, v_proj", "OPTForCausalLM")]
    [InlineData("gpt2", "vocab_size: 1004, n_embd: 32, n_inner: 48, n_layer: 2, n_head: 4, n_positions: 128", "c_attn", "GPT2LMHeadModel")]
    [InlineData("gpt_neox", "vocab_size: 1004, hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2, num_attention_heads: 4, max_position_embeddings: 128", "query_key_value", "GPTNeoXForCausalLM")]
    [InlineData("internlm2", "vocab_size: 1004, hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2", "wqkv", "InternLM2ForCausalLM")]
    public void EveryKindOfLanguageModelIsExportedMergedAndItsAdapterForPeft(string kind, string architecture, string targets, string published)
    {
        runs.Train(
            kind,
            "pretrain.yaml",
            ExportedRuns.LlavaWidth,
            "train.max_steps=2",
            "trainable=[image.input_projector, adapter]",
            $"model.language_model={{ kind: {kind}, architecture: {{ {architecture} }} }}",
            $"model.adapter={{ kind: lora, r: 2, target_modules: [{targets}] }}");
        var merged = ExportSession.Run(runs.Request(kind, ExportTarget.Merged, $"out/{kind}-merged"));
        Assert.True(merged.Verification!.Agrees);
        Assert.Equal([published], HuggingFaceConfig.Open(merged.Folder).Texts("architectures"));
        Assert.Equal(kind, HuggingFaceConfig.Open(merged.Folder).Text("model_type"));
        var peft = ExportSession.Run(runs.Request(kind, ExportTarget.Peft, $"out/{kind}-peft"));
        Assert.Equal(0, peft.Verification!.LargestError);
        Assert.Equal(targets.Split(", "), HuggingFaceConfig.Open(peft.Folder, AdapterConfigFile.Name).Texts("target_modules"), StringComparer.Ordinal);
        Assert.Equal(kind == "gpt2", HuggingFaceConfig.Open(peft.Folder, AdapterConfigFile.Name).Flag("fan_in_fan_out"));
        Assert.Contains("only llama", Assert.Throws<ConfigurationException>(() => ExportSession.Run(runs.Request(kind, ExportTarget.Hf, $"out/{kind}-hf"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ia3", "{ kind: ia3 }", true)]
    [InlineData("prefix", "{ kind: prefix_tuning, num_virtual_tokens: 3 }", false)]
    [InlineData("dora", "{ kind: lora, r: 2, dora: true, target_modules: [q_proj] }", true)]
    public void EveryAdapterThatPeftHasIsExported(string name, string adapter, bool merges)
    {
        runs.Train(name, "pretrain.yaml", ExportedRuns.LlavaWidth, "train.max_steps=2", "trainable=[image.input_projector, adapter]", $"model.adapter={adapter}");
        Assert.Equal(0, ExportSession.Run(runs.Request(name, ExportTarget.Peft, $"out/{name}-peft")).Verification!.LargestError);
        if (merges) Assert.True(ExportSession.Run(runs.Request(name, ExportTarget.Merged, $"out/{name}-merged")).Verification!.Agrees);
        else Assert.Throws<ConfigurationException>(() => ExportSession.Run(runs.Request(name, ExportTarget.Merged, $"out/{name}-merged")));
    }

    [Theory]
    [InlineData("joined", "model.modalities.image.input_projector={ kind: token_join, group: 2 }", "the input projector 'token_join', only mlp and linear")]
    [InlineData("expert", "model.fusion={ kind: visual_expert }", "the fusion 'visual_expert', only splice")]
    public void WhatNoLlavaHasIsNamedWithWhatCanBeExported(string name, string setting, string what)
    {
        runs.Train(name, "pretrain.yaml", "train.max_steps=2", setting);
        var fault = Assert.Throws<ConfigurationException>(() => ExportSession.Run(runs.Request(name, ExportTarget.Hf, $"out/{name}-hf"))).Message;
        Assert.Contains($"cannot express {what}", fault, StringComparison.Ordinal);
        Assert.Contains("hint: --to merged holds the language model alone, --to peft its adapter", fault, StringComparison.Ordinal);
        Assert.True(ExportSession.Run(runs.Request(name, ExportTarget.Merged, $"out/{name}-merged")).Verification!.Agrees);
    }

    [Fact]
    public void AnAdapterOnAQuantisedModelIsExportedAloneOnly()
    {
        runs.Train("nf4", "sft.yaml", ExportedRuns.LlavaWidth, "train.max_steps=2", "initial_run=null", "model.quantization=nf4");
        Assert.Equal(0, ExportSession.Run(runs.Request("nf4", ExportTarget.Peft, "out/nf4-peft")).Verification!.LargestError);
        Assert.Contains("cannot express a language model in nf4", Assert.Throws<ConfigurationException>(() => ExportSession.Run(runs.Request("nf4", ExportTarget.Merged, "out/nf4-merged"))).Message, StringComparison.Ordinal);
    }

    /// <summary>The files of an export, and the tensors in them.</summary>
    private static string Listing(ExportResult result)
    {
        var lines = new List<string>();
        foreach (var (name, _) in result.Files)
        {
            lines.Add(name);
            if (Path.GetExtension(name) is not (".safetensors" or ".bin")) continue;
            using var source = WeightSource.Open(Path.Combine(result.Folder, name));
            lines.AddRange(source.Names.Order(StringComparer.Ordinal).Select(tensor => $"  {tensor} {source.Entry(tensor).Dtype} [{string.Join(", ", source.Entry(tensor).Shape)}]"));
        }

        return string.Join('\n', lines);
    }

    /// <summary>Writes an adapter and forgets it when it reads back.</summary>
    private sealed class ForgetfulExport : IExport
    {
        private readonly PeftExport export = new();

        public void Check(ExportedRun run) => export.Check(run);

        public void Write(ExportedRun run, string folder) => export.Write(run, folder);

        public ModelOptions ReadBack(ModelOptions options, string folder) => options.WithAdapter(null);

        public bool Holds(ExportedRun run, string name) => export.Holds(run, name);
    }
}
