using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;

namespace TrainMm.Tests.Core.Weights;

public sealed class HuggingFaceConfigTests
{
    private const string Example = """
        {"hidden_size": 48, "eps": 1e-5, "tied": false, "name": "llama", "none": null, "section": {"size": "x", "list": [1, 2.5]}, "one": 3}
        """;

    [Fact]
    public void ValuesAreTypedAndAbsentOnesTakeTheDefault()
    {
        using var folder = new TempFolder();
        folder.Write("config.json", Example);
        var config = HuggingFaceConfig.Open(folder.Path);
        Assert.Equal(48, config.Integer("hidden_size"));
        Assert.Equal(1e-5, config.Number("eps"));
        Assert.False(config.Flag("tied", true));
        Assert.Equal("llama", config.Text("name"));
        Assert.Equal(7, config.Integer("none", 7));
        Assert.Equal(8, config.Integer("absent", 8));
        Assert.Equal([1, 2.5], config.Section("section").Numbers("list"));
        Assert.Equal([3], config.Numbers("one"));
        Assert.Empty(config.Numbers("absent"));
    }

    [Fact]
    public void EveryErrorNamesTheFileAndTheKey()
    {
        using var folder = new TempFolder();
        folder.Write("config.json", Example);
        var config = HuggingFaceConfig.Open(folder.Path);
        Action[] mistakes =
        [
            () => config.Integer("absent"), () => config.Integer("eps"), () => config.Integer("name"), () => config.Number("name"), () => config.Flag("hidden_size"),
            () => config.Text("tied"), () => config.Section("name"), () => config.Section("absent"), () => config.Section("section").Integer("size"),
            () => config.Section("section").Texts("list"), () => HuggingFaceConfig.Open(folder.Path, "other.json"),
            () => HuggingFaceConfig.Open(folder.Write("broken.json", "{\n  \"a\": ,\n}")), () => HuggingFaceConfig.Open(folder.Write("list.json", "[]")),
        ];
        var messages = new StringBuilder();
        foreach (var mistake in mistakes) messages.AppendLine(Assert.Throws<CheckpointException>(mistake).Message);
        Snapshot.Match(messages.ToString(), "mistakes", folder.Path);
    }
}
