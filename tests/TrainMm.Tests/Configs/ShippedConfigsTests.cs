using TrainMm.Core.Config;
using TrainMm.Training.Loop;

namespace TrainMm.Tests.Configs;

/// <summary>Every configuration that is shipped can be read, and says what its paper says.</summary>
public sealed class ShippedConfigsTests : IDisposable
{
    private const string ModelsVariable = "TRAINMM_MODELS";

    private readonly TempFolder models = new();
    private readonly string? before = Environment.GetEnvironmentVariable(ModelsVariable);

    public ShippedConfigsTests()
    {
        foreach (var model in (string[])["clip-vit-large-patch14-336", "vicuna-7b-v1.5"]) Directory.CreateDirectory(Path.Combine(models.Path, model));
        Environment.SetEnvironmentVariable(ModelsVariable, models.Path);
    }

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
        Environment.SetEnvironmentVariable(ModelsVariable, before);
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

    private static RunOptions Bind(string file, string stage) =>
        ConfigBinder.Bind<RunOptions>(ConfigDocument.Load(Path.Combine(Snapshot.RepositoryRoot, file), purpose: stage));
}
