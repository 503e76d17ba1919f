using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Tests.Core.Config;

/// <summary>A file that extends another one for each purpose, such as a smoke test of both stages.</summary>
public sealed class ConfigPurposeTests : IDisposable
{
    private readonly TempFolder folder = new();

    public ConfigPurposeTests()
    {
        folder.Write("pretrain.yaml", "stage: one\nsteps: 100\n");
        folder.Write("sft.yaml", "stage: two\nsteps: 200\n");
        folder.Write("smoke.yaml", "extends: { pretrain: pretrain.yaml, sft: sft.yaml }\nsteps: 3\n");
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("pretrain", "stage: one\nsteps: 3\n")]
    [InlineData("sft", "stage: two\nsteps: 3\n")]
    public void EachPurposeExtendsItsOwnFile(string purpose, string expected) =>
        Assert.Equal(expected, ConfigWriter.Write(Load(purpose).Root));

    [Theory]
    [InlineData("unknown", "align")]
    [InlineData("none", null)]
    public void APurposeWithoutAFileIsAnError(string name, string? purpose) =>
        Snapshot.Match(Assert.Throws<ConfigurationException>(() => Load(purpose)).Message, name, folder.Path);

    private ConfigDocument Load(string? purpose) => ConfigDocument.Load(Path.Combine(folder.Path, "smoke.yaml"), purpose: purpose);
}
