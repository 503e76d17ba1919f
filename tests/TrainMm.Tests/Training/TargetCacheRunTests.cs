using TrainMm.Tests.Torch;
using TrainMm.Training.Loop;

namespace TrainMm.Tests.Training;

/// <summary>Runs whose generator's targets are kept on disk: nothing but the time may change.</summary>
[Collection(ProcessWide.Name)]
public sealed class TargetCacheRunTests : IDisposable
{
    private readonly TinyRun run = new();
    private readonly KeptTensorRun kept;

    public TargetCacheRunTests()
    {
        GenerationRunTests.Write(run);
        kept = new(run, "generate.yaml");
    }

    private string On => $"use: on, folder: {kept.Folder}";

    public void Dispose() => run.Dispose();

    [Fact]
    public void KeptTargetsChangeNothingAndADamagedOneIsComputedAgain()
    {
        Train("off", "use: off");
        Assert.Empty(kept.Files);
        Assert.Contains(Train("cold", On), notice => notice.Text.EndsWith("computed and kept.", StringComparison.Ordinal));
        var (written, bytes) = (Assert.Single(kept.Files), new FileInfo(kept.Files[0]).Length);
        var warm = Train("warm", On);
        Assert.Contains(warm, notice => notice.Text.EndsWith("24 read, 0 computed and kept.", StringComparison.Ordinal));
        Assert.DoesNotContain(warm, notice => notice.IsWarning);
        Assert.Equal((written, bytes), (Assert.Single(kept.Files), new FileInfo(written).Length));

        kept.Damage();
        Assert.Contains(Train("damaged", On), notice => notice.IsWarning && notice.Text.StartsWith("1 kept targets of the image generator were damaged", StringComparison.Ordinal));
        Assert.Equal(2, kept.Files.Length);
        foreach (var name in (string[])["cold", "warm", "damaged"])
        {
            Assert.Equal(run.Final("off"), run.Final(name));
            Assert.Equal(run.Metrics("off").Select(line => line.Loss), run.Metrics(name).Select(line => line.Loss));
        }
    }

    [Fact]
    public void AnInterruptedRunGoesOnBitwiseWithThemAndWithoutThem()
    {
        Train("whole", "use: off");
        kept.AssertResumesBitwise("whole", SettingsOf(On), stopAfter: 1);
    }

    [Fact]
    public void WhereThereIsNoRoomItIsSaid() =>
        Assert.Contains(Train("full", $"{On}, max_gib: 1.0e-6"), notice => notice.IsWarning && notice.Text.Contains("there is no more room", StringComparison.Ordinal));

    [Fact]
    public void WhatTargetsDependOnGivesThemAFolderOfTheirOwn()
    {
        string[] changes = ["seed=7", "seed=7", "seed=8", "model.generation.image.generator.image_size=16", "model.dtype=bfloat16", "objectives=[{kind: condition_alignment}]"];
        kept.AssertApart("Targets", changes.Select(change => (string[])[.. SettingsOf(On), change]));
    }

    [Fact]
    public void LeftToItselfItKeepsNoTrifles()
    {
        Assert.Empty(Notices("use: auto"));
        Directory.CreateDirectory(kept.Folder);
        Assert.Empty(Notices($"folder: {kept.Folder}"));
    }

    private List<string> Notices(string cache) => kept.Notices("Targets", SettingsOf(cache));

    private List<RunNotice> Train(string name, string cache, long? stopAfter = null) => kept.Train(name, SettingsOf(cache), stopAfter);

    private static string[] SettingsOf(string cache) =>
    [
        "objectives=[{kind: condition_alignment}, {kind: latent_diffusion}]", "train.max_steps=3", "train.batch_size=4", "checkpoint.every_steps=0", "model.generation.image.condition_dropout=0.5",
        $"train.target_cache={{{cache}}}",
    ];
}
