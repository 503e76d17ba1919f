using TrainMm.Core.Config;

namespace TrainMm.Models;

/// <summary>
/// What a run trains: paths of parts (<c>image.input_projector</c>: all its parameters), patterns in which <c>*</c> stands for anything
/// (<c>language_model.*.mlp.*</c>), and the word <c>adapter</c> for all that the adapter adds. A path that meets no parameter is a mistake to be reported.
/// </summary>
public sealed class TrainablePaths
{
    /// <summary>The word that stands for the adapter's parameters.</summary>
    public const string Adapter = "adapter";

    private readonly ParameterPattern[] patterns;
    private readonly HashSet<string> met = new(StringComparer.Ordinal);
    private readonly HashSet<string> parameters = new(StringComparer.Ordinal);

    /// <summary>Takes the paths as the user wrote them.</summary>
    public TrainablePaths(IReadOnlyList<string> paths)
    {
        Paths = paths;
        patterns = [.. paths.Select(path => new ParameterPattern(path))];
    }

    /// <summary>The paths as the user wrote them.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>The paths that have met no parameter of the model that was built.</summary>
    public IReadOnlyList<string> Unmet => [.. Paths.Where(path => !met.Contains(path))];

    /// <summary>What an unmet path was probably meant to be: the nearest part of a parameter's path.</summary>
    public string HintFor(string path)
    {
        var parts = new HashSet<string>(StringComparer.Ordinal);
        foreach (var parameter in parameters)
        {
            for (var dot = parameter.IndexOf('.'); dot >= 0; dot = parameter.IndexOf('.', dot + 1)) parts.Add(parameter[..dot]);
        }

        var roots = parts.Where(part => part.Count(letter => letter == '.') < 2).Order(StringComparer.Ordinal).ToArray();
        return Spelling.Nearest(path, parts) is { } nearest ? $"did you mean '{nearest}'?" : $"the model's parts: {string.Join(", ", roots)}";
    }

    /// <summary>Whether a parameter is trained; remembers which paths said so.</summary>
    /// <param name="parameter">The parameter's path in the model.</param>
    /// <param name="isAdapter">Whether the adapter has added it.</param>
    public bool Claim(string parameter, bool isAdapter = false)
    {
        parameters.Add(parameter);
        var claimed = false;
        for (var i = 0; i < patterns.Length; i++)
        {
            if (!patterns[i].Matches(parameter) && !(isAdapter && Paths[i] == Adapter)) continue;
            met.Add(Paths[i]);
            claimed = true;
        }

        return claimed;
    }
}
