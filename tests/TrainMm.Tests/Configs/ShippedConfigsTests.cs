using TrainMm.Core.Config;
using TrainMm.Training.Loop;

namespace TrainMm.Tests.Configs;

/// <summary>Every configuration that is shipped can be read, and says what its paper says.</summary>
public sealed class ShippedConfigsTests : IDisposable
{
    private readonly TempFolder models = new();
    private readonly NamedFiles named;

    public ShippedConfigsTests() => named = new NamedFiles(models);

    public static TheoryData<string, string> All
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var file in Directory.GetFiles(Path.Combine(Snapshot.RepositoryRoot, "configs"), "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                foreach (var stage in (string[])["pretrain", "sft"]) data.Add(Path.GetRelativePath(Snapshot.RepositoryRoot, file), stage);
            }

            return data;
        }
    }

    public void Dispose()
    {
        named.Dispose();
        models.Dispose();
    }

    [Theory]
    [MemberData(nameof(All))]
    public void ItCanBeReadAndReadAgainAsWritten(string file, string stage)
    {
        var options = Bind(file, stage);
        var resolved = ConfigWriter.Write(options);
        Assert.Equal(resolved, ConfigWriter.Write(ConfigBinder.Bind<RunOptions>(ConfigDocument.Parse(resolved, "config.yaml"))));
    }

    [Theory]
    [InlineData("pretrain", 256, 1e-3)]
    [InlineData("sft", 128, 2e-4)]
    public void LlavaIsAsPublished(string stage, int batch, double rate)
    {
        var options = Bind($"configs/llava-1.5/{stage}.yaml", stage);
        var resolved = ConfigWriter.Write(options);
        Assert.Equal((1, batch), (options.Train.Epochs, options.Train.BatchSize));
        Assert.Equal("cosine", options.Schedule.Kind);
        Assert.Contains("warmup_ratio: 0.03", resolved, StringComparison.Ordinal);
        Assert.Equal(rate, options.Optimizer.Options is TrainMm.Training.Optimisation.OptimizerOptions optimizer ? optimizer.LearningRate : 0);
        Assert.Equal(stage == "sft", resolved.Contains("r: 128", StringComparison.Ordinal) && resolved.Contains("alpha: 256", StringComparison.Ordinal));
    }

    /// <summary>The page for LLaVA's users prints a configuration and a manifest: put where the page says, they are read.</summary>
    [Fact]
    public void ThePageForLlavasUsersPrintsWhatWorks()
    {
        var page = File.ReadAllText(Path.Combine(Snapshot.RepositoryRoot, "docs", "coming-from-llava.md"));
        models.Write("train.json", "[]");
        foreach (var block in page.Split("```yaml\n# mine/").Skip(1))
        {
            var (name, text) = (block[..block.IndexOf('\n', StringComparison.Ordinal)], block[block.IndexOf('\n', StringComparison.Ordinal)..block.IndexOf("```", StringComparison.Ordinal)]);
            models.Write(name, text.Replace("../configs", $"{Snapshot.RepositoryRoot}/configs").Replace("../data-manifests", $"{Snapshot.RepositoryRoot}/data-manifests").Replace("/data/mine/train.json", "train.json").Replace("/data/mine/images", "."));
        }

        var options = ConfigBinder.Bind<RunOptions>(ConfigDocument.Load(Path.Combine(models.Path, "sft.yaml"), purpose: "sft"));
        Assert.Equal(2, options.Data.Train.Count);
        Assert.Equal("mine", ConfigBinder.Bind<TrainMm.Data.Manifests.DataManifest>(ConfigDocument.Load(options.Data.Train[1].Manifest)).Name);
    }

    private static RunOptions Bind(string file, string stage) =>
        ConfigBinder.Bind<RunOptions>(ConfigDocument.Load(Path.Combine(Snapshot.RepositoryRoot, file), purpose: stage));
}
