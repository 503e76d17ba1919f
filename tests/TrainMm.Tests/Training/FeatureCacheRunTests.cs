using TrainMm.Tests.Torch;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Loop;

namespace TrainMm.Tests.Training;

/// <summary>Runs whose encoder's features are kept on disk: whether the folder is empty, full, damaged, foreign or lost changes nothing but the time.</summary>
[Collection(ProcessWide.Name)]
public sealed class FeatureCacheRunTests : IDisposable
{
    /// <summary>What encoding a batch at a time may change in a loss, relative: the last bits of features in float32, through two layers and two epochs of steps.</summary>
    private const double BatchedTolerance = 1e-5;

    private readonly TinyRun run = new();
    private readonly KeptTensorRun kept;

    public FeatureCacheRunTests() => kept = new(run, "pretrain.yaml");

    public void Dispose() => run.Dispose();

    [Theory]
    [InlineData("float32")]
    [InlineData("bfloat16")]
    public void KeptFeaturesChangeNothingAndADamagedOneIsMadeAnew(string type)
    {
        Assert.Contains(Train("cold", type), notice => notice.Text.StartsWith("Features: 24 media encoded, 0 read from disk, 24 kept there", StringComparison.Ordinal));
        var (written, bytes) = (Assert.Single(kept.Files), new FileInfo(kept.Files[0]).Length);
        var warm = Train("warm", type);
        Assert.Contains(warm, notice => notice.Text.StartsWith("Features: 0 media encoded, 24 read from disk, 0 kept there", StringComparison.Ordinal));
        Assert.DoesNotContain(warm, notice => notice.IsWarning);
        Assert.Equal((written, bytes), (Assert.Single(kept.Files), new FileInfo(written).Length));

        kept.Damage();
        var damaged = Train("damaged", type);
        Assert.Contains(damaged, notice => notice.IsWarning && notice.Text.StartsWith("1 kept features of modality 'image' were damaged", StringComparison.Ordinal));
        Assert.Equal(2, kept.Files.Length);

        Directory.Delete(kept.Folder, recursive: true);
        Train("small", type, "max_gib: 1.0e-6");
        Assert.InRange(new FileInfo(Assert.Single(kept.Files)).Length, 1, 1100);
        foreach (var name in (string[])["warm", "damaged", "small"])
        {
            Assert.Equal(run.Final("cold"), run.Final(name));
            Assert.Equal(run.Metrics("cold"), run.Metrics(name));
        }
    }

    [Fact]
    public void WithoutKeptFeaturesTheLossIsTheSameButForLastBits()
    {
        Train("kept", "float32");
        Train("off", "float32", use: "off");
        foreach (var (one, off) in run.Metrics("kept").Zip(run.Metrics("off"))) Assert.InRange(one.Loss, off.Loss * (1 - BatchedTolerance), off.Loss * (1 + BatchedTolerance));
    }

    [Fact]
    public void AnInterruptedRunGoesOnBitwiseWithThemAndWithoutThem()
    {
        Train("whole", "float32");
        kept.AssertResumesBitwise("whole", SettingsOf("float32"), stopAfter: 7);
    }

    [Fact]
    public void ARecordThatWasCutOffByAKillIsMadeAnew()
    {
        Train("cold", "float32");
        using (var file = new FileStream(kept.Files[0], FileMode.Open)) file.SetLength((file.Length / 2) + 7);
        Assert.DoesNotContain(Train("after", "float32"), notice => notice.IsWarning);
        Assert.Equal(run.Final("cold"), run.Final("after"));
    }

    [Theory]
    [InlineData(12, true)]
    [InlineData(6, false)]
    public void WhatTheRunChoseIsInItsState(long steps, bool isKept)
    {
        Train("auto", "float32", use: "auto", settings: [$"train.max_steps={steps}"], stopAfter: 2);
        var store = new CheckpointStore(new RunDirectory(run.Path("runs/auto")).Checkpoints);
        Assert.Equal(isKept, CheckpointStore.ReadState(store.PathOf(2)).FeaturesAreKept);
        var notices = Train("auto", "float32", use: "auto", settings: [$"train.max_steps={steps}"]);
        Assert.Contains(notices, notice => notice.Text.Contains($"the run began {(isKept ? "with" : "without")} them", StringComparison.Ordinal));
        Assert.Empty(kept.Files);
    }

    [Fact]
    public void WhatFeaturesDependOnGivesThemAFolderOfTheirOwn() =>
        kept.AssertApart("Features", [.. new[] { "seed=7", "seed=7", "seed=8", "model.dtype=bfloat16", "model.modalities.image.encoder.select_layer=-1" }.Select(setting => (string[])[.. SettingsOf("float32"), setting])]);

    [Fact]
    public void AnotherPictureOfTheSameNameIsNotTakenForIt()
    {
        Train("before", "float32");
        File.Copy(run.Path("pictures/1.png"), run.Path("pictures/0.png"), overwrite: true);
        Train("after", "float32");
        Train("fresh", "float32", store: $"folder: {run.Path("elsewhere")}");
        Assert.Equal(run.Final("fresh"), run.Final("after"));
        Assert.NotEqual(run.Final("before"), run.Final("after"));
    }

    private List<RunNotice> Train(string name, string type, string store = "", string use = "on", long? stopAfter = null, params string[] settings) =>
        kept.Train(name, [.. SettingsOf(type, use, store), .. settings], stopAfter);

    private string[] SettingsOf(string type, string use = "on", string store = "") =>
        [$"model.dtype={type}", "train.max_steps=12", $"train.feature_cache={use}", $"train.feature_store={{{(store.Contains("folder", StringComparison.Ordinal) ? store : $"folder: {kept.Folder}, {store}").TrimEnd(' ', ',')}}}"];
}
