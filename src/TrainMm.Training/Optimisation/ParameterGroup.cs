using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Models;

namespace TrainMm.Training.Optimisation;

/// <summary>Parameters that share a learning rate and a weight decay.</summary>
/// <param name="LearningRate">Before the schedule's factor.</param>
/// <param name="WeightDecay">Decoupled weight decay.</param>
/// <param name="Parameters">The parameters, in the model's order.</param>
public sealed record ParameterGroup(double LearningRate, double WeightDecay, IReadOnlyList<TrainedParameter> Parameters)
{
    /// <summary>Deals the parameters out: to the first group of the options that names them, else to the rest; norms and biases (one dimension) apart.</summary>
    /// <param name="options">The optimiser's options.</param>
    /// <param name="parameters">All trained parameters.</param>
    /// <exception cref="ConfigurationException">A pattern names none of them.</exception>
    public static IReadOnlyList<ParameterGroup> Deal(OptimizerOptions options, IReadOnlyList<TrainedParameter> parameters)
    {
        var problems = options.Groups.SelectMany(group => group.Parameters.Select(pattern => (group, pattern)))
            .Where(each => !parameters.Any(parameter => Matches(each.pattern, parameter)))
            .Select(each => OptionSource.Problem(each.group, nameof(ParameterGroupOptions.Parameters), $"'{each.pattern}' matches no trained parameter", Hint(parameters)))
            .ToList();
        if (problems.Count > 0) throw new ConfigurationException(problems);

        var depths = parameters.GroupBy(parameter => IndexOf(options, parameter))
            .Where(group => options.Groups.ElementAtOrDefault(group.Key)?.LayerDecay is not null)
            .SelectMany(group => LayerDepths.Of(options.Groups[group.Key], [.. group]))
            .ToDictionary(StringComparer.Ordinal);
        return
        [
            .. parameters
                .GroupBy(parameter => (Group: IndexOf(options, parameter), IsVector: parameter.Value.dim() <= 1, Depth: depths.GetValueOrDefault(parameter.Name)))
                .OrderBy(dealt => dealt.Key.Group)
                .ThenBy(dealt => dealt.Key.IsVector)
                .ThenBy(dealt => dealt.Key.Depth)
                .Select(dealt => Make(options, options.Groups.ElementAtOrDefault(dealt.Key.Group), dealt.Key.IsVector, dealt.Key.Depth, [.. dealt])),
        ];
    }

    private static bool Matches(string pattern, TrainedParameter parameter) =>
        (parameter.IsAdapter && pattern == TrainablePaths.Adapter) || new ParameterPattern(pattern).Matches(parameter.Name);

    private static int IndexOf(OptimizerOptions options, TrainedParameter parameter)
    {
        for (var i = 0; i < options.Groups.Count; i++)
        {
            if (options.Groups[i].Parameters.Any(pattern => Matches(pattern, parameter))) return i;
        }

        return options.Groups.Count;
    }

    private static ParameterGroup Make(OptimizerOptions options, ParameterGroupOptions? own, bool isVector, int depth, IReadOnlyList<TrainedParameter> parameters) =>
        new((own?.LearningRate ?? options.LearningRate) * Math.Pow(own?.LayerDecay ?? 1, depth), isVector && !options.DecayVectors ? 0 : own?.WeightDecay ?? options.WeightDecay, parameters);

    private static string Hint(IReadOnlyList<TrainedParameter> parameters)
    {
        var shown = string.Join(", ", parameters.Take(4).Select(parameter => parameter.Name));
        return parameters.Count == 0 ? "nothing is trained" : $"trained are {shown}{(parameters.Count > 4 ? $" and {parameters.Count - 4} more" : "")}";
    }
}
