using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Training.Loop;
using TrainMm.Training.Parts;
using static TorchSharp.torch;

namespace TrainMm.Training.Exports;

/// <summary>A finished run as the exports see it.</summary>
/// <param name="Request">What is asked for.</param>
/// <param name="Model">The model with the run's trained parts.</param>
/// <param name="Data">Tokenizer and template.</param>
/// <param name="Others">Paths of trained parameters that belong neither to a projector nor to the adapter.</param>
internal sealed record ExportedRun(ExportRequest Request, MultimodalModel Model, DataAssembly Data, IReadOnlyList<string> Others)
{
    /// <summary>The run's configuration.</summary>
    public RunOptions Options => Request.Options;

    /// <summary>The paths of all projectors' parameters.</summary>
    public IReadOnlyList<string> ProjectorNames =>
        [.. Model.Modalities.SelectMany(modality => modality.Value.Projector.Module.named_parameters().Select(each => $"{modality.Key}.input_projector.{each.name}"))];

    /// <summary>Every parameter that is the model's own: what the adapter has added is left out, modules that the adapter keeps whole are in.</summary>
    public Dictionary<string, Tensor> OwnParameters()
    {
        var deltas = TrainedParts.AdapterNames(Model).Where(name => !Model.Peft!.SavesWhole(name["language_model.".Length..])).ToHashSet(StringComparer.Ordinal);
        return TrainedParts.All(Model).Where(pair => !deltas.Contains(pair.Key)).ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>The parameters below a path under official names.</summary>
    public Dictionary<string, Tensor> Named(KeyMap layout, params IReadOnlyList<string> roots) => OwnParameters()
        .Where(pair => roots.Any(root => pair.Key.StartsWith(root, StringComparison.Ordinal)))
        .ToDictionary(pair => layout.ToOfficial(pair.Key), pair => pair.Value, StringComparer.Ordinal);
}
