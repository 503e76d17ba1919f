using System.CommandLine;
using TrainMm.Cli.Display;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Cli.Commands;

/// <summary><c>trainmm describe</c>: what configuration can choose from.</summary>
public static class DescribeCommand
{
    /// <summary>Describes the command to the parser.</summary>
    public static Command Create()
    {
        var role = new Argument<string?>("ROLE") { HelpName = "ROLE", Description = "A role, say input_projector; none lists all, with the options of a run.", Arity = ArgumentArity.ZeroOrOne };
        var kind = new Argument<string?>("KIND") { HelpName = "KIND", Description = "One of the role's kinds; none lists them.", Arity = ArgumentArity.ZeroOrOne };
        role.CompletionSources.Add(_ => new Descriptions().Roles);
        kind.CompletionSources.Add(context => new Descriptions().Kinds(context.ParseResult.GetValue(role) ?? ""));
        var command = new DocumentedCommand(
            "describe",
            "Lists the kinds of parts, their options with types and defaults, and the papers they come from.",
            new Example("All roles, their kinds, and the options of a run", "trainmm describe"),
            new Example("One role's kinds", "trainmm describe input_projector"),
            new Example("One kind's options", "trainmm describe input_projector mlp"))
        {
            role,
            kind,
        };
        command.SetAction(parsed => Run(parsed.GetValue(role), parsed.GetValue(kind), parsed.InvocationConfiguration.Output));
        return command;
    }

    private static int Run(string? role, string? kind, TextWriter output)
    {
        var descriptions = new Descriptions();
        if (role is not null) Require(role, descriptions.Roles, "role", "known roles");
        if (role is not null && kind is not null) Require(kind, descriptions.Kinds(role), $"{role} of the kind", "known kinds");
        output.Write(Consoles.ToText(role is null ? descriptions.All() : kind is null ? descriptions.OfRole(role) : descriptions.OfKind(role, kind)));
        return (int)ExitCode.Done;
    }

    private static void Require(string word, IReadOnlyList<string> known, string what, string allOfThem)
    {
        if (known.Contains(word, StringComparer.Ordinal)) return;
        throw new ConfigurationException([new Diagnostic(Severity.Error, "describe", 0, 0, $"there is no {what} '{word}'", Spelling.Hint(word, known, allOfThem))]);
    }
}
