using System.Text.RegularExpressions;

namespace TrainMm.Tests.Torch;

/// <summary>Calls that compile, and mean something else than they say.</summary>
public sealed partial class ApiTrapTests
{
    /// <summary>
    /// In TorchSharp's API, as in ours, <c>sum(0)</c> is no sum over dimension 0: the literal 0 is also a <c>ScalarType</c>, so everything is
    /// summed into bytes. <c>sum(0L)</c> or <c>sum([0])</c> is meant.
    /// </summary>
    [Fact]
    public void DimensionZeroIsWrittenAsALong()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(Snapshot.RepositoryRoot, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));
        var found = sources.SelectMany(file => File.ReadLines(file).Select((line, i) => (Text: line, Place: $"{Path.GetFileName(file)}:{i + 1}: {line.Trim()}")))
            .Where(line => LiteralZero().IsMatch(line.Text))
            .Select(line => line.Place);
        Assert.Empty(found);
    }

    [Theory]
    [InlineData("x.sum(0)", true)]
    [InlineData("torch.sum(x, 0)", true)]
    [InlineData("x.prod(0, true)", false)]
    [InlineData("x.sum(0L)", false)]
    [InlineData("x.sum([0])", false)]
    [InlineData("x.sum(10)", false)]
    public void TheTrapIsRecognised(string call, bool trap) => Assert.Equal(trap, LiteralZero().IsMatch(call));

    [GeneratedRegex(@"\b(sum|prod)\(([\w.]+, )?0\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LiteralZero();
}
