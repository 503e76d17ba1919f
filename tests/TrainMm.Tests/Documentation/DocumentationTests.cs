using System.Text.RegularExpressions;
using TrainMm.Cli;

namespace TrainMm.Tests.Documentation;

/// <summary>The texts say what is true: the files they name exist, the commands they show are understood, the code they print is in the tests.</summary>
public sealed partial class DocumentationTests
{
    public static TheoryData<string> Texts => ["README.md", "CONTRIBUTING.md", .. Directory.GetFiles(Path.Combine(Snapshot.RepositoryRoot, "docs"), "*.md").Select(Relative)];

    [Theory]
    [MemberData(nameof(Texts))]
    public void EveryPathNamedExists(string text)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Snapshot.RepositoryRoot, text))!;
        var linked = Link().Matches(Read(text)).Select(match => Path.GetFullPath(Path.Combine(folder, match.Groups["path"].Value)));
        var named = NamedPath().Matches(Read(text)).Select(match => Path.Combine(Snapshot.RepositoryRoot, match.Groups["path"].Value.TrimEnd('/')));
        Assert.All(linked.Concat(named).Distinct(), path => Assert.True(Path.Exists(path), $"{text} names {Relative(path)}, which is not there"));
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void EveryCommandShownIsUnderstood(string text) => Assert.All(
        Command().Matches(Read(text)).Select(match => match.Groups["line"].Value),
        line => Assert.True(CommandLine.CreateRoot().Parse(line).Errors.Count == 0, $"{text}: trainmm {line}"));

    [Fact]
    public void TheArchitectureNamesItsFiles() => Assert.True(NamedPath().Count(Read("docs/architecture.md")) > 30);

    [Fact]
    public void TheWorkedExampleIsTheCodeThatIsTested()
    {
        var example = string.Join('\n', Directory.GetFiles(Path.Combine(Snapshot.RepositoryRoot, "tests", "TrainMm.Tests", "Examples"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        var blocks = CodeBlock().Matches(Read("docs/adding-a-component.md")).Select(match => match.Groups["code"].Value.Trim()).ToList();
        Assert.True(blocks.Count >= 3);
        Assert.All(blocks, block => Assert.Contains(block, example, StringComparison.Ordinal));
    }

    /// <summary>A fault whose test is not there is one that nobody tries.</summary>
    [Fact]
    public void EveryFaultNamesATestThatIsThere()
    {
        var tests = Directory.GetFiles(Path.Combine(Snapshot.RepositoryRoot, "tests"), "*Tests.cs", SearchOption.AllDirectories).Select(file => Path.GetFileNameWithoutExtension(file)).ToHashSet(StringComparer.Ordinal);
        var rows = Read("docs/what-can-go-wrong.md").Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| ---", StringComparison.Ordinal)).ToList();
        var faults = rows.Where(row => !row.EndsWith("| test |", StringComparison.Ordinal)).ToList();
        Assert.True(faults.Count >= 25, $"{faults.Count} faults");
        Assert.All(faults, row =>
        {
            var named = TestName().Matches(row[row[..^1].LastIndexOf('|')..]).Select(match => match.Value).ToList();
            Assert.True(named.Count > 0, $"no test is named: {row}");
            Assert.All(named, name => Assert.True(tests.Contains(name), $"{name} is no test: {row}"));
        });
    }

    private static string Read(string text) => File.ReadAllText(Path.Combine(Snapshot.RepositoryRoot, text));

    private static string Relative(string path) => Path.GetRelativePath(Snapshot.RepositoryRoot, path);

    [GeneratedRegex(@"\]\((?!https?:)(?<path>[^)#]+)[^)]*\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"(?<=[`\s(])(?<path>(src|tests|configs|data-manifests|scripts|docs)/[A-Za-z0-9_./-]*[A-Za-z0-9_/])", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamedPath();

    [GeneratedRegex(@"(?<=[`/])[A-Z]\w*Tests(?=[`.])", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TestName();

    [GeneratedRegex(@"scripts/trainmm (?<line>[^`\n#]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Command();

    [GeneratedRegex("```csharp\n(?<code>.*?)```", RegexOptions.ExplicitCapture | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CodeBlock();
}
