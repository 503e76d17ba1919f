using System.CommandLine;

namespace TrainMm.Cli.Commands;

/// <summary>A command whose help ends with examples.</summary>
/// <param name="name">The command's name.</param>
/// <param name="description">What it does, in one or two sentences.</param>
/// <param name="examples">What <c>--help</c> shows below the options.</param>
internal sealed class DocumentedCommand(string name, string description, params IReadOnlyList<Example> examples) : Command(name, description)
{
    /// <summary>What <c>--help</c> shows below the options.</summary>
    public IReadOnlyList<Example> Examples { get; } = examples;
}

/// <summary>A command line that works as it stands, and what it is for.</summary>
/// <param name="Purpose">What it is for.</param>
/// <param name="Line">The command line.</param>
internal sealed record Example(string Purpose, string Line);
