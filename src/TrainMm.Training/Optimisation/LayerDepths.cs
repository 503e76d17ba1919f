using System.Globalization;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Training.Optimisation;

/// <summary>How many layers lie behind a parameter, for learning rates that fall from the last layer to the first.</summary>
internal static class LayerDepths
{
    /// <summary>Name → depth: 0 behind all layers, 1 in the last, one more in each before it, most in what comes before the first.</summary>
    /// <param name="group">The group that asks for it.</param>
    /// <param name="parameters">Its parameters in the model's order, so that what has no number lies before or behind the layers as it stands there.</param>
    /// <exception cref="ConfigurationException">None of them is in a numbered layer.</exception>
    public static IEnumerable<KeyValuePair<string, int>> Of(ParameterGroupOptions group, IReadOnlyList<TrainedParameter> parameters)
    {
        int?[] layers = [.. parameters.Select(parameter => LayerOf(parameter.Name))];
        if (layers.Max() is not { } last) throw OptionSource.Error(group, nameof(ParameterGroupOptions.LayerDecay), "none of the group's parameters is in a numbered layer");
        var first = Array.FindIndex(layers, layer => layer is not null);
        for (var i = 0; i < parameters.Count; i++) yield return KeyValuePair.Create(parameters[i].Name, layers[i] is { } layer ? last - layer + 1 : i < first ? last + 2 : 0);
    }

    /// <summary>The first number in a path.</summary>
    private static int? LayerOf(string path)
    {
        foreach (var part in path.Split('.'))
        {
            if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return number;
        }

        return null;
    }
}
