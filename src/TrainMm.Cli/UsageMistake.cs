using System.CommandLine;
using TrainMm.Cli.Commands;
using TrainMm.Core.Config;

namespace TrainMm.Cli;

/// <summary>What is shown of a command line that cannot be understood.</summary>
internal static class UsageMistake
{
    public static void Show(ParseResult parsed, TextWriter error)
    {
        var command = parsed.CommandResult.Command;
        // An option that is not known makes the parser complain about its value and about options it seems to miss: one cause, one message.
        var unmatched = parsed.UnmatchedTokens;
        var unknown = unmatched.Count > 0 && !unmatched[0].StartsWith('-') ? unmatched.Take(1) : unmatched.Where(token => token.StartsWith('-'));
        if (unmatched.Count > 0)
        {
            foreach (var token in unknown) error.WriteLine($"error: '{token}' is not known here\n  hint: {Spelling.Hint(token, Known(command), "known here")}");
        }
        else
        {
            foreach (var mistake in parsed.Errors) error.WriteLine($"error: {mistake.Message.ReplaceLineEndings(" ").Replace("\t", "", StringComparison.Ordinal)}");
        }

        error.WriteLine($"See: trainmm {(command is RootCommand ? "" : command.Name + " ")}--help");
    }

    private static List<string> Known(Command command) =>
        [.. command.Subcommands.Select(each => each.Name), .. command.Options.Select(each => each.Name), CommonOptions.Verbose.Name];
}
