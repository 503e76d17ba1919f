using System.CommandLine;
using TrainMm.Cli;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Tests.Cli;

public sealed class CommandLineTests
{
    public static TheoryData<string> Commands => [.. CommandLine.CreateRoot().Subcommands.Select(command => command.Name)];

    [Fact]
    public void HelpNamesCommandsAndExitCodes()
    {
        var (code, output, _) = Run("--help");
        Assert.Equal(0, code);
        foreach (var value in Enum.GetValues<ExitCode>()) Assert.Contains($"\n  {(int)value} ", output, StringComparison.Ordinal);
        Snapshot.Match(output, "help");
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void EachCommandHelpsWithExamples(string command)
    {
        var (code, output, _) = Run(command, "--help");
        Assert.Equal(0, code);
        Assert.Contains("Examples:", output, StringComparison.Ordinal);
        Snapshot.Match(output, $"help-{command}");
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void ExamplesAreUnderstood(string command)
    {
        var (_, output, _) = Run(command, "--help");
        var examples = output.Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith("trainmm ", StringComparison.Ordinal) && !line.Contains("[options]", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(examples);
        Assert.All(examples, example => Assert.Empty(CommandLine.CreateRoot().Parse(example["trainmm ".Length..]).Errors));
    }

    [Theory]
    [InlineData("unknown-command", "pretrian --config a.yaml")]
    [InlineData("unknown-option", "pretrain --confg a.yaml")]
    [InlineData("missing-option", "sft")]
    [InlineData("wrong-choice", "pretrain --config a.yaml --resume 3")]
    [InlineData("no-command", "")]
    public void MistakesOnTheCommandLineAreNamed(string name, string line)
    {
        var (code, output, error) = Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((int)ExitCode.Configuration, code);
        Assert.Empty(output);
        Snapshot.Match(error, name);
    }

    [Fact]
    public void CompletionSuggestsCommandsAndOptions()
    {
        Assert.Contains("pretrain", Run("[suggest:3]", "pre").Output, StringComparison.Ordinal);
        Assert.Contains("--config", Run("[suggest:11]", "pretrain --").Output, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = CommandLine.Run(arguments, output, error);
        // Help names the process, which here is the test host.
        return (code, output.ToString().Replace(RootCommand.ExecutableName, "trainmm", StringComparison.Ordinal), error.ToString());
    }
}
