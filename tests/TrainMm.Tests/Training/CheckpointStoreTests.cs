using TorchSharp;
using TrainMm.Core.Diagnostics;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Stages;
using Xunit.Abstractions;

namespace TrainMm.Tests.Training;

public sealed class CheckpointStoreTests(ITestOutputHelper output) : IDisposable
{
    private static readonly byte[] Masks = [1, 4, 16, 64, 128];
    private readonly TempFolder folder = new();
    private readonly List<RejectedCheckpoint> rejected = [];

    private CheckpointStore Store => new(Path.Combine(folder.Path, "checkpoints"));

    public void Dispose() => folder.Dispose();

    [Fact]
    public void WhatWasSavedIsFoundAgain()
    {
        var path = Store.Save(Content(step: 10, value: 3));
        Assert.Equal("step-00000010", Path.GetFileName(path));
        Assert.Equal(["manifest.json", "optimizer.safetensors", "state.json", "trainable.safetensors"], Directory.GetFiles(path).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.Equal(path, Store.FindNewest(rejected.Add));
        Assert.Equal(10, CheckpointStore.ReadState(path).Step);
        using var trainable = CheckpointStore.OpenTrainable(path);
        using var tensor = trainable.Read("w");
        Assert.Equal([3f, 3f], tensor.data<float>().ToArray());
        Assert.Empty(rejected);
    }

    [Fact]
    public void BuffersHaveAFileOfTheirOwnWhichTheHashesCover()
    {
        var older = Store.Save(Content(step: 1, value: 1));
        var path = Store.Save(Content(step: 2, value: 1, new Dictionary<string, torch.Tensor>(StringComparer.Ordinal) { ["queue"] = torch.ones(3) }));
        Assert.Null(CheckpointStore.OpenBuffers(older));
        using (var buffers = CheckpointStore.OpenBuffers(path)!)
        {
            using var queue = buffers.Read("queue");
            Assert.Equal([1f, 1f, 1f], queue.data<float>().ToArray());
        }

        Assert.Equal(path, Store.FindNewest(rejected.Add));
        File.Delete(Path.Combine(path, "buffers.safetensors"));
        Assert.Equal(older, Store.FindNewest(rejected.Add));
        Assert.Equal("buffers.safetensors is missing", Assert.Single(rejected).Reason);
    }

    [Fact]
    public void MultiplesAreKeptForGood()
    {
        for (var step = 1; step <= 7; step++) Store.Save(Content(step, value: step));
        Store.Prune(new CheckpointOptions { KeepLast = 1, KeepEvery = 3 }, keepStep: null);
        Assert.Equal([7, 6, 3], Store.Steps());
    }

    [Fact]
    public void WhatIsWrittenBesideTrainingIsACopy()
    {
        var saved = new List<SavedCheckpoint>();
        using var writer = new CheckpointWriter(Store, new CheckpointOptions(), saved.Add);
        var content = Content(step: 1, value: 1);
        writer.Begin(content, keepStep: null);
        content.Trainable["w"].fill_(2);
        writer.Begin(Content(step: 2, value: 2), keepStep: null);
        Assert.Equal([1L], saved.Select(checkpoint => checkpoint.Step));
        writer.Wait();
        Assert.Equal([1L, 2], saved.Select(checkpoint => checkpoint.Step));
        using var trainable = CheckpointStore.OpenTrainable(Store.PathOf(1));
        using var tensor = trainable.Read("w");
        Assert.Equal([1f, 1f], tensor.data<float>().ToArray());
    }

    [Fact]
    public void WhatGoesWrongBesideTrainingComesOutAtTheNextStep()
    {
        var blocked = Path.Combine(folder.Path, "checkpoints", ".unfinished-step-00000001");
        Directory.CreateDirectory(Path.Combine(blocked, "not-a-checkpoint"));
        File.WriteAllText(Path.Combine(blocked, "not-a-checkpoint", "kept.txt"), "whose?");
        using var writer = new CheckpointWriter(Store, new CheckpointOptions(), _ => { });
        writer.Begin(Content(step: 1, value: 1), keepStep: null);
        Assert.Throws<CheckpointException>(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                Thread.Sleep(10);
                writer.Poll();
            }
        });
    }

    [Fact]
    public void ADiskWithoutRoomIsSaidBeforeAnythingIsWritten()
    {
        var older = Store.Save(Content(step: 1, value: 1));
        var fault = Assert.Throws<DiskFullException>(() => DiskFullException.ThrowUnlessFree(folder.Path, long.MaxValue / 2, "The checkpoint of step 2"));
        Assert.Equal(ExitCode.Failure, fault.ExitCode);
        Assert.Contains($"The disk of {folder.Path} is full. The checkpoint of step 2 needs ", fault.Message, StringComparison.Ordinal);
        Assert.Equal(older, Store.FindNewest(rejected.Add));
    }

    [Fact]
    public void TheSameContentGivesTheSameBytes()
    {
        var first = Store.Save(Content(step: 1, value: 2));
        var second = new CheckpointStore(Path.Combine(folder.Path, "other")).Save(Content(step: 1, value: 2));
        foreach (var file in Directory.GetFiles(first)) Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(second, Path.GetFileName(file))));
    }

    /// <summary>Every byte of a checkpoint, five of its bits one after the other: header, numbers, state, hashes.</summary>
    [Fact]
    public void EveryFlippedBitIsSeenAndTheOlderCheckpointTaken()
    {
        var older = Store.Save(Content(step: 1, value: 1));
        var newer = Store.Save(Content(step: 2, value: 2));
        var flips = 0;
        var expected = Directory.GetFiles(newer).Sum(file => new FileInfo(file).Length) * Masks.Length;
        foreach (var path in Directory.GetFiles(newer))
        {
            var bytes = File.ReadAllBytes(path);
            output.WriteLine($"{Path.GetFileName(path)}: {bytes.Length} bytes, {bytes.Length * Masks.Length} flips");
            foreach (var (at, mask) in Enumerable.Range(0, bytes.Length).SelectMany(_ => Masks, (at, mask) => (at, mask)))
            {
                rejected.Clear();
                var flipped = bytes.ToArray();
                flipped[at] ^= mask;
                File.WriteAllBytes(path, flipped);
                Assert.True(Store.FindNewest(rejected.Add) == older, $"A flip of {mask:x2} in byte {at} of {Path.GetFileName(path)} was not seen.");
                Assert.Equal(newer, Assert.Single(rejected).Folder);
                flips++;
            }

            File.WriteAllBytes(path, bytes);
        }

        Assert.Equal(newer, Store.FindNewest(rejected.Add));
        output.WriteLine($"{flips} flips, each refused by name");
        Assert.Equal(expected, flips);
        Assert.True(flips >= 5000, $"{flips} flips");
    }

    [Fact]
    public void AHalfWrittenCheckpointIsNoneAndGoesWithTheNextPruning()
    {
        Store.Save(Content(step: 1, value: 1));
        var unfinished = Path.Combine(folder.Path, "checkpoints", ".unfinished-step-00000002");
        Directory.CreateDirectory(unfinished);
        File.WriteAllText(Path.Combine(unfinished, "state.json"), "{");
        Assert.Equal(Store.PathOf(1), Store.FindNewest(rejected.Add));
        Assert.Empty(rejected);
        Store.Prune(new CheckpointOptions { KeepLast = 1 }, keepStep: null);
        Assert.False(Directory.Exists(unfinished));
    }

    [Fact]
    public void PruningKeepsTheNewestAndTheBest()
    {
        for (var step = 1; step <= 5; step++) Store.Save(Content(step, value: step));
        Store.Prune(new CheckpointOptions { KeepLast = 2 }, keepStep: 2);
        Assert.Equal([5, 4, 2], Store.Steps());
    }

    [Fact]
    public void PruningDoesNotFollowLinks()
    {
        var outside = folder.Write("outside/keep.txt", "kept");
        Store.Save(Content(step: 2, value: 1));
        Directory.CreateSymbolicLink(Store.PathOf(1), Path.GetDirectoryName(outside)!);
        Store.Prune(new CheckpointOptions { KeepLast = 1 }, keepStep: null);
        Assert.True(File.Exists(outside));
        Assert.Equal([2], Store.Steps());
    }

    [Fact]
    public void ADamagedCheckpointIsReplacedByOneOfTheSameStep()
    {
        var path = Store.Save(Content(step: 1, value: 1));
        File.Delete(Path.Combine(path, "manifest.json"));
        Store.Save(Content(step: 1, value: 7));
        using var trainable = CheckpointStore.OpenTrainable(path);
        using var tensor = trainable.Read("w");
        Assert.Equal([7f, 7f], tensor.data<float>().ToArray());
    }

    [Fact]
    public void AStateOfAnotherVersionIsRefused()
    {
        var json = Content(step: 1, value: 1).State.ToJson().Replace("\"version\": 1", "\"version\": 2", StringComparison.Ordinal);
        var fault = Assert.Throws<CheckpointException>(() => RunState.FromJson(json, "state.json"));
        Assert.Equal("state.json has version 2; this program reads version 1.", fault.Message);
    }

    internal static CheckpointContent Content(long step, float value, IReadOnlyDictionary<string, torch.Tensor>? buffers = null) => new(
        new RunState
        {
            Stage = StageKind.Sft,
            Step = step,
            Position = step * 4,
            Seed = 1,
            OrderHash = "00",
            Config = "seed: 1\n",
            ConfigFingerprint = "11",
            DataFingerprint = "22",
            LibTorch = "1.13.1",
            Threads = 2,
            FrozenHash = "33",
            LastLoss = 0.5,
            Best = null,
        },
        new Dictionary<string, torch.Tensor>(StringComparer.Ordinal) { ["w"] = torch.full([2], value, torch.float32) },
        new Dictionary<string, torch.Tensor>(StringComparer.Ordinal) { ["exp_avg.w"] = torch.zeros(2), ["step.w"] = torch.tensor(step) },
        buffers ?? new Dictionary<string, torch.Tensor>());
}
