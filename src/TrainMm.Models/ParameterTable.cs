using TorchSharp;
using TrainMm.Models.Layers.Quantised;
using static TorchSharp.torch;

namespace TrainMm.Models;

/// <summary>A part's share of the model.</summary>
/// <param name="Path">The part's path, for example <c>image.encoder</c>; <c>adapter</c> for what the adapter adds within the language model.</param>
/// <param name="Kind">Its kind in configuration.</param>
/// <param name="Parameters">How many numbers it has; of a quantised weight, those that were published.</param>
/// <param name="Trainable">How many of them are trained.</param>
/// <param name="Dtypes">The element types of its parameters, for example <c>bfloat16</c>; several where they differ.</param>
/// <param name="Bytes">Memory of its parameters.</param>
public sealed record PartSummary(string Path, string Kind, long Parameters, long Trainable, IReadOnlyList<string> Dtypes, long Bytes);

/// <summary>The table of parts that opens a run.</summary>
public static class ParameterTable
{
    /// <summary>One row for each part, in the order of the parameters; the adapter's after the language model's.</summary>
    public static IReadOnlyList<PartSummary> Of(MultimodalModel model)
    {
        var adapter = model.Peft?.Parameters.Values.Select(parameter => parameter.Handle).ToHashSet() ?? [];
        var rows = model.named_parameters()
            .GroupBy(pair => adapter.Contains(pair.parameter.Handle) ? TrainablePaths.Adapter : PartOf(pair.name, model), pair => (Tensor)pair.parameter, StringComparer.Ordinal)
            .Select(group => Summarise(group.Key, model.Kinds[group.Key], [.. group]))
            .ToArray();
        return [.. rows.OrderBy(row => row.Path == TrainablePaths.Adapter)];
    }

    /// <summary>What configuration calls an element type.</summary>
    public static string NameOf(ScalarType type) => type.ToString().ToLowerInvariant();

    private static string PartOf(string parameter, MultimodalModel model) =>
        model.Kinds.Keys.Single(part => parameter.StartsWith($"{part}.", StringComparison.Ordinal));

    private static PartSummary Summarise(string path, string kind, IReadOnlyList<Tensor> parameters) => new(
        path,
        kind,
        parameters.Sum(parameter => parameter is QuantisedParameter quantised ? quantised.Elements : parameter.numel()),
        parameters.Where(parameter => parameter.requires_grad).Sum(parameter => parameter.numel()),
        [.. parameters.Select(parameter => NameOf(parameter.dtype)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
        parameters.Sum(parameter => parameter.numel() * parameter.dtype.ElementSize()));
}
