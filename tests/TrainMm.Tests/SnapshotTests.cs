using Xunit.Sdk;

namespace TrainMm.Tests;

public sealed class SnapshotTests
{
    [Fact]
    public void TextThatMatchesPassesWhateverTheTemporaryFolderIs()
    {
        using var folder = new TempFolder();
        Snapshot.Match($"first line\r\n{folder.Path}/run.yaml:2:1: error: second line\n", "example", folder.Path);
    }

    [Fact]
    public void TextThatDiffersFailsAndShowsTheLine()
    {
        var failure = Assert.Throws<FailException>(() => Snapshot.Match("first line\nanother line\n", "example"));
        Assert.Contains("+ another line", failure.Message, StringComparison.Ordinal);
        Assert.Contains("- <folder>/run.yaml:2:1: error: second line", failure.Message, StringComparison.Ordinal);
    }
}
