using TrainMm.Tests.Torch;
using TrainMm.Training.Loop;
using TrainMm.Training.Stages;

namespace TrainMm.Tests.Training;

/// <summary>Runs whose generator's targets are kept on disk: nothing but the time may change.</summary>
[Collection(ProcessWide.Name)]
public sealed class TargetCacheRunTests : IDisposable
{
    private readonly TinyRun run = new();

    public TargetCacheRunTests() => GenerationRunTests.Write(run);

    private string Folder => run.Path("kept");

    private string On => $"use: on, folder: {Folder}";

    private string[] Files => Directory.Exists(Folder) ? Directory.GetFiles(Folder, "*.tensors", SearchOption.AllDirectories) : [];

    public void Dispose() => run.Dispose();

    [Fact]
    public void KeptTargetsChangeNothingAndADamagedOneIsComputedAgain()
    {
        Train("off", "use: off");
        Assert.Empty(Files);
        Assert.Contains(Train("cold", On), notice => notice.Text.EndsWith("computed and kept.", StringComparison.Ordinal));
        var (written, bytes) = (Assert.Single(Files), new FileInfo(Files[0]).Length);
        var warm = Train("warm", On);
        Assert.Contains(warm, notice => notice.Text.EndsWith("24 read, 0 computed and kept.", StringComparison.Ordinal));
        Assert.DoesNotContain(warm, notice => notice.IsWarning);
        Assert.Equal((written, bytes), (Assert.Single(Files), new FileInfo(written).Length));

        var content = File.ReadAllBytes(written);
        content[content.Length / 2] ^= 4;
        File.WriteAllBytes(written, content);
        Assert.Contains(Train("damaged", On), notice => notice.IsWarning && notice.Text.StartsWith("1 kept targets of the image generator were damaged", StringComparison.Ordinal));
        Assert.Equal(2, Files.Length);
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
        foreach (var isLost in (bool[])[false, true])
        {
            var name = isLost ? "lost" : "found";
            Train(name, On, stopAfter: 1);
            if (isLost) Directory.Delete(Folder, recursive: true);
            Train(name, On);
            Assert.Equal(run.Final("whole"), run.Final(name));
        }
    }

    [Fact]
    public void WhereThereIsNoRoomItIsSaid() =>
        Assert.Contains(Train("full", $"{On}, max_gib: 1.0e-6"), notice => notice.IsWarning && notice.Text.Contains("there is no more room", StringComparison.Ordinal));

    [Fact]
    public void WhatTargetsDependOnGivesThemAFolderOfTheirOwn()
    {
        string[] folders =
        [
            FolderOf(), FolderOf(), FolderOf("seed=8"), FolderOf("model.generation.image.generator.image_size=16"), FolderOf("model.dtype=bfloat16"),
            FolderOf("objectives=[{kind: condition_alignment}]"),
        ];
        Assert.Equal(folders[0], folders[1]);
        Assert.Equal(folders.Length - 1, folders.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void LeftToItselfItKeepsNoTrifles()
    {
        Assert.Empty(Notices("use: auto"));
        Directory.CreateDirectory(Folder);
        Assert.Empty(Notices($"folder: {Folder}"));
    }

    private string FolderOf(params string[] settings) => Path.GetFileName(Assert.Single(Notices(On, settings)).Split(' ').First(word => word.StartsWith(Folder, StringComparison.Ordinal)));

    /// <summary>What is said about targets when a run is put together.</summary>
    private List<string> Notices(string cache, params string[] settings)
    {
        var notices = new List<string>();
        RunAssembly.Build(run.Options("generate.yaml", [.. SettingsOf(cache), .. settings]), Stage.Of(StageKind.Pretrain), "", notice => notices.Add(notice.Text)).Dispose();
        return [.. notices.Where(notice => notice.StartsWith("Targets", StringComparison.Ordinal))];
    }

    private List<RunNotice> Train(string name, string cache, long? stopAfter = null)
    {
        using var stop = new StopSignal();
        var observer = new StoppingObserver(stop, stopAfter);
        RunSession.Start(new RunRequest { Options = run.Options("generate.yaml", SettingsOf(cache)), Stage = StageKind.Pretrain, RunDirectory = run.Path($"runs/{name}") }, observer, stop);
        return observer.Notices;
    }

    private static string[] SettingsOf(string cache) =>
    [
        "objectives=[{kind: condition_alignment}, {kind: latent_diffusion}]", "train.max_steps=3", "train.batch_size=4", "checkpoint.every_steps=0", "model.generation.image.condition_dropout=0.5",
        $"train.target_cache={{{cache}}}",
    ];
}
