using TorchSharp;
using TrainMm.Core.Diagnostics;
using TrainMm.Models;
using TrainMm.Tests.Data.Media.Audio;
using TrainMm.Tests.Torch;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Loop;
using TrainMm.Training.Parts;
using TrainMm.Training.Stages;

namespace TrainMm.Tests.Configs;

/// <summary>Each system's stages, on random parts of the kinds that its recipe names: what the paper trains is trained, all else is frozen, and an interrupted stage goes on bit for bit.</summary>
[Collection(ProcessWide.Name)]
public sealed class RecipeTests
{
    private const string Projector = "image.input_projector";
    private const string Encoder = "image.encoder";
    private const string LanguageModel = "language_model";
    private const string Fusion = "fusion";
    private const string SignalTokens = "signal_tokens";
    private const string OutputProjector = "image.output_projector";
    private static readonly string[] VideoChat = ["video.input_projector.query_tokens", "video.input_projector.language_projection"];
    private static readonly string[] VideoLlama = [.. ((string[])["position_embedding", "query_tokens", "qformer", "language_projection"]).Select(part => $"video.input_projector.{part}"), "audio.input_projector"];

    private static readonly string[] NextGptIn = [Projector, "video.input_projector", "audio.input_projector"];

    private static readonly string[] NextGptOut = [OutputProjector, "video.output_projector", "audio.output_projector"];

    /// <summary>System, what its first stage trains (null: it has none), what its second trains; as its paper says it.</summary>
    public static TheoryData<string, string[]?, string[]> Systems => new()
    {
        { "llava-1.5", [Projector], ["adapter", Projector] },
        { "llava", [Projector], [LanguageModel, Projector] },
        { "blip-2", [Projector], [Encoder, Projector] },
        { "dlp", [Projector], [Encoder, Projector] },
        { "instructblip", [Projector], [Projector] },
        { "minigpt-4", [$"{Projector}.language_projection"], [$"{Projector}.language_projection"] },
        { "mplug-owl", [Encoder, Projector], ["adapter", Projector] },
        { "pandagpt", null, ["adapter", Projector] },
        { "shikra", [LanguageModel, Projector], [LanguageModel, Projector] },
        { "qwen-vl", [Encoder, Projector], [LanguageModel, Projector] },
        { "minigpt-v2", ["adapter", Projector], ["adapter", Projector] },
        { "internlm-xcomposer2", ["adapter", Encoder, Projector], ["adapter", Encoder, LanguageModel, Projector] },
        { "vila", [LanguageModel, Projector], [LanguageModel, Projector] },
        { "x-llm", [Projector], [$"{Projector}.language_projection"] },
        { "minigpt-5", [SignalTokens, OutputProjector], ["adapter", SignalTokens, $"{OutputProjector}.llm_to_t2i_mapping"] },
        { "codi-2", null, ["adapter", SignalTokens, Projector, "audio.input_projector", OutputProjector, "audio.output_projector"] },
        { "mobilevlm", [Projector], [LanguageModel, Projector] },
        { "bubogpt", ["audio.input_projector"], [$"{Projector}.language_projection", "audio.input_projector.language_projection"] },
        { "chatspot", [Projector], [LanguageModel, Projector] },
        { "cogvlm", [Fusion, Projector], [Fusion, Encoder, Projector] },
        { "flamingo", [Fusion, Projector], [Fusion, Encoder, Projector] },
        { "pali-x", [LanguageModel, Projector], [LanguageModel, Projector] },
    };

    /// <summary>The same for systems that take videos.</summary>
    public static TheoryData<string, string[]?, string[]> VideoSystems => new()
    {
        { "video-chatgpt", null, ["video.input_projector"] },
        { "x-instructblip", null, [Projector, "audio.input_projector", "points.input_projector", "video.input_projector"] },
        { "videochat", [.. VideoChat], [.. VideoChat] },
        { "video-llama", [.. VideoLlama], [.. VideoLlama] },
        { "next-gpt", [SignalTokens, .. NextGptOut], ["adapter", SignalTokens, .. NextGptIn, .. NextGptOut] },
    };

    [Theory]
    [MemberData(nameof(Systems))]
    public void BothStagesTrainWhatThePaperTrains(string system, string[]? first, string[] second) => TrainBothStages(system, first, second);

    [FfmpegTheory]
    [MemberData(nameof(VideoSystems))]
    public void BothStagesTrainWhatThePaperTrainsOnVideos(string system, string[]? first, string[] second) => TrainBothStages(system, first, second);

    /// <summary>Its three stages, of which the lists above have the last two: the next goes on with what this one trained.</summary>
    [FfmpegFact]
    public void NextGptsFirstStageTrainsItsInputProjectors()
    {
        using var run = new RecipeRun("next-gpt", "smoke_encode.yaml");
        Check(run, "pretrain", StageKind.Pretrain, initialRun: null, NextGptIn);
        CheckResume(run, "pretrain", StageKind.Pretrain, initialRun: null);
        using var next = new RecipeRun("next-gpt");
        Assert.Equal(ExitCode.Done, next.Train("pretrain", StageKind.Pretrain, run.FolderOf("pretrain")).ExitCode);
        Assert.Equal(run.Final("pretrain")["input_projector.safetensors"], next.Final("pretrain")["input_projector.safetensors"]);
    }

    /// <summary>Every system that is shipped is in the lists above.</summary>
    [Fact]
    public void NoRecipeIsLeftOut()
    {
        var folders = Directory.GetDirectories(Path.Combine(Snapshot.RepositoryRoot, "configs")).Select(Path.GetFileName).Where(name => !name!.StartsWith("demo", StringComparison.Ordinal));
        Assert.Equal(folders.Order(StringComparer.Ordinal), Systems.Concat(VideoSystems).Select(row => (string)row[0]).Order(StringComparer.Ordinal));
    }

    private static void TrainBothStages(string system, string[]? first, string[] second)
    {
        using var run = new RecipeRun(system);
        var before = first is null ? null : "pretrain";
        if (first is not null) Check(run, "pretrain", StageKind.Pretrain, initialRun: null, first);
        Check(run, "sft", StageKind.Sft, before, second);
        CheckResume(run, "sft", StageKind.Sft, before);
        if (first is not null && first.Contains(SignalTokens, StringComparer.Ordinal)) CheckResume(run, "pretrain", StageKind.Pretrain, initialRun: null);
    }

    private static void CheckResume(RecipeRun run, string name, StageKind stage, string? initialRun)
    {
        var other = $"{name}-stopped";
        var stopped = run.Train(other, stage, initialRun, stopAfter: 3);
        Assert.Equal((ExitCode.Preempted, 3L), (stopped.ExitCode, stopped.Step));
        Assert.Equal(ExitCode.Done, run.Train(other, stage, initialRun).ExitCode);
        Assert.Equal(run.Final(name), run.Final(other));
        Assert.Equal(run.Losses(name), run.Losses(other));
    }

    private static void Check(RecipeRun run, string name, StageKind stage, string? initialRun, string[] trained)
    {
        Assert.Equal(ExitCode.Done, run.Train(name, stage, initialRun).ExitCode);
        var losses = run.Losses(name);
        Assert.True(losses[^1] < losses[0], $"{name}: the loss went from {losses[0]} to {losses[^1]}");

        using var scope = torch.NewDisposeScope();
        using var model = Untrained(run, stage, initialRun);
        var adapter = TrainedParts.AdapterNames(model);
        var parameters = TrainedParts.All(model);
        var expected = parameters.Keys.Where(path => trained.Any(part => part == TrainablePaths.Adapter ? adapter.Contains(path) : path == part || path.StartsWith($"{part}.", StringComparison.Ordinal))).ToHashSet(StringComparer.Ordinal);
        using var checkpoint = CheckpointStore.OpenTrainable(Path.Combine(run.FolderOf(name), "checkpoints", "step-00000008"));
        Assert.Equal(expected.Order(StringComparer.Ordinal), checkpoint.Entries.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected.Where(path => !IsIdle(run.Options(stage, initialRun), stage, path)), path => Assert.False(checkpoint.Read(path).equal(parameters[path]).all().item<bool>(), $"{name}: {path} has not moved"));

        // The run has compared its frozen tensors before and after; here they are compared with those of a model that was never in a run.
        var summary = run.Summary(name);
        Assert.True(summary.IsDone);
        Assert.Equal(FrozenHash.Of(model), summary.FrozenHash);
        Assert.Equal(expected.Sum(path => parameters[path].numel()), summary.Start.Parts.Sum(part => part.Trainable));
    }

    /// <summary>What no gradient reaches.</summary>
    private static bool IsIdle(RunOptions options, StageKind stage, string path) => IsBehindTheLastAttention(options, stage, path) || IsOfUnreadText(path) || ChoosesAmongOne(path);

    /// <summary>
    /// Behind the last layer's attention what acts on a picture's tokens alone (partial LoRA, the visual expert) acts on nothing that is read: none but the last of these tokens is followed by an answer
    /// (in the first stage it is, in a conversation not).
    /// </summary>
    private static bool IsBehindTheLastAttention(RunOptions options, StageKind stage, string path)
    {
        if (stage != StageKind.Sft || !path.Contains(".layers.1.", StringComparison.Ordinal)) return false;
        var isPartial = options.Model.Adapter?.Kind == "partial_lora" && path.Contains(".lora_", StringComparison.Ordinal) && !path.Contains(".wqkv.", StringComparison.Ordinal);
        var isExpert = options.Model.Fusion.Kind == "visual_expert" && path.StartsWith($"{Fusion}.", StringComparison.Ordinal) && !path.Contains(".k_proj.", StringComparison.Ordinal) && !path.Contains(".v_proj.", StringComparison.Ordinal);
        return isPartial || isExpert;
    }

    /// <summary>Of a Q-Former that reads the instruction the queries alone are handed on: what the last layer makes of the words behind their attention is not read.</summary>
    private static bool IsOfUnreadText(string path) => path.Contains(".qformer.encoder.layer.1.intermediate.", StringComparison.Ordinal) || path.Contains(".qformer.encoder.layer.1.output.", StringComparison.Ordinal);

    /// <summary>A cloud of points is one feature: whatever queries and keys say, all attention goes to it.</summary>
    private static bool ChoosesAmongOne(string path) =>
        path.StartsWith("points.", StringComparison.Ordinal) && (path.Contains(".crossattention.attention.query.", StringComparison.Ordinal) || path.Contains(".crossattention.attention.key.", StringComparison.Ordinal));

    private static MultimodalModel Untrained(RecipeRun run, StageKind stage, string? initialRun)
    {
        var options = run.Options(stage, initialRun);
        var model = ModelAssembly.BuildForTraining(options, options.Trainable ?? Stage.Of(stage).DefaultTrainable(options.Model)).Model;
        if (initialRun is not null) new TrainedParts(Path.Combine(run.FolderOf(initialRun), "final")).Load(model, PartsDescription.Read(Path.Combine(run.FolderOf(initialRun), "final")));
        return model;
    }
}
