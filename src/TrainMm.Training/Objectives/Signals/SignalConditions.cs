using TorchSharp;
using TrainMm.Core;
using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models;

namespace TrainMm.Training.Objectives.Signals;

/// <summary>What the output projector makes of a batch's signal tokens of one modality, H_X (arXiv:2401.13601, section 2.4); of a generator that is trained by itself, τ_X of the captions.</summary>
/// <param name="Path">The modality's way out.</param>
/// <param name="Signals">The media that are to be made.</param>
/// <param name="Predicted">[G, C, Dg], with the gradient.</param>
/// <param name="Dropped">[G] bool, true where the condition was left out.</param>
internal sealed record SignalConditions(OutputPath Path, SignalBatch Signals, torch.Tensor Predicted, torch.Tensor Dropped)
{
    /// <summary>The model of an objective that needs a way out of it.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The model makes no media.</exception>
    public static MultimodalModel ModelOf(string kind, ObjectiveOptions options, ObjectiveContext context) => context.Model.Outputs.Count > 0
        ? context.Model
        : throw OptionSource.Error(options, nameof(options.Weight), $"{kind} needs a generator, and the model has none", "name one under model.generation");

    /// <summary>The model of an objective that trains parts of its generators.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The model makes no media, makes them behind a language model, or a generator has no parts that can be trained.</exception>
    public static MultimodalModel TrainableModelOf(string kind, ObjectiveOptions options, ObjectiveContext context)
    {
        var model = ModelOf(kind, options, context);
        if (NeedLanguageModel(model)) throw OptionSource.Error(options, nameof(options.Weight), $"{kind} trains a generator, which behind a language model is frozen", "language_model: { kind: none }");
        return model.Outputs.FirstOrDefault(pair => pair.Value.Generator is not ILatentDiffusionGenerator) is { Key: { } modality }
            ? throw OptionSource.Error(options, nameof(options.Weight), $"{kind} trains parts that the generator of '{modality}' ({model.Kinds[$"{modality}.generator"]}) has not, or cannot train here")
            : model;
    }

    /// <summary>Whether any condition is made of a language model's states.</summary>
    public static bool NeedLanguageModel(MultimodalModel model) => model.Outputs.Values.Any(path => path.Projectors.Count > 0);

    /// <summary>How many media of a batch are to be made that the model has a way out for.</summary>
    public static long CountOf(MultimodalModel model, Batch batch) => MadeOf(model, batch).Sum(pair => (long)pair.Signals.Count);

    /// <summary>The positions whose states the projectors read: [ΣG·S], modality after modality; null where none is read.</summary>
    public static torch.Tensor? PositionsOf(ForwardPass pass) => !NeedLanguageModel(pass.Model) ? null : torch.cat([.. MadeOf(pass.Model, pass.Batch).Select(pair => pair.Path.States == SignalStates.Own ? pair.Signals.Places : pair.Signals.Places.sub(1))], 0);

    /// <summary>The layers below the last that some projector reads.</summary>
    public static IReadOnlyCollection<int> LayersOf(MultimodalModel model) => [.. model.Outputs.Values.SelectMany(path => path.Layers).Distinct().Where(layer => layer < model.LanguageModel.Spec.Layers)];

    /// <summary>The conditions of each modality, computed once for all objectives.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="objective">Who asks; it wants the positions of <see cref="PositionsOf"/> and the layers of <see cref="LayersOf"/>.</param>
    public static IReadOnlyDictionary<string, SignalConditions> Of(ForwardPass pass, IObjective objective) => pass.Shared(nameof(SignalConditions), () =>
    {
        if (!NeedLanguageModel(pass.Model)) return MadeOf(pass.Model, pass.Batch).ToDictionary(each => each.Modality, each => OfCaptions(pass, each.Modality, each.Path, each.Signals), StringComparer.Ordinal);
        var last = pass.Model.LanguageModel.Spec.Layers;
        var made = new Dictionary<string, SignalConditions>(StringComparer.Ordinal);
        var start = 0L;
        foreach (var (modality, path, signals) in MadeOf(pass.Model, pass.Batch))
        {
            var length = signals.Places.shape[0];
            var states = path.Layers.Select(layer => layer == last ? pass.HiddenFor(objective) : pass.HiddenFor(objective, layer)); // [ΣG·S, D] each
            made.Add(modality, Project(pass, modality, path, signals, [.. states.Select(each => each.narrow(0, start, length))]));
            start += length;
        }

        return made;
    });

    /// <summary>The media of a batch that the model has a way out for, modality after modality.</summary>
    public static IEnumerable<(string Modality, OutputPath Path, SignalBatch Signals)> MadeOf(MultimodalModel model, Batch batch) => batch.Signals
        .Where(pair => model.Outputs.ContainsKey(pair.Key))
        .OrderBy(pair => pair.Key, StringComparer.Ordinal)
        .Select(pair => (pair.Key, model.Outputs[pair.Key], pair.Value));

    /// <summary>A key of random numbers for each medium, which neither the micro-batch nor a resume changes.</summary>
    public static long[] KeysOf(ForwardPass pass, string modality, SignalBatch signals, string purpose) =>
        [.. signals.Rows.Zip(signals.Ordinals, (row, ordinal) => pass.SeedFor(row, $"{purpose}.{modality}.{ordinal}"))];

    private static SignalConditions Project(ForwardPass pass, string modality, OutputPath path, SignalBatch signals, torch.Tensor[] states)
    {
        long[] shape = [signals.Count, signals.TokensPerMedium, states[0].shape[1]];
        var ids = pass.Batch.Ids.reshape(-1).index_select(0, signals.Places).view(signals.Count, signals.TokensPerMedium); // [G, S]
        var (isDropped, dropped) = DropsOf(pass, modality, path, signals);
        var embedded = pass.Model.LanguageModel.Embed(ids);                                            // [G, S, D]
        var own = states.Select(each => each.view(shape));                                             // [G, S, D] each
        if (isDropped)
        {
            var zeros = dropped.view(-1, 1, 1);
            embedded = embedded.masked_fill(zeros, 0);
            own = own.Select(each => each.masked_fill(zeros, 0));
        }

        return new SignalConditions(path, signals, path.Project(own, embedded), dropped);              // [G, C, Dg]
    }

    private static SignalConditions OfCaptions(ForwardPass pass, string modality, OutputPath path, SignalBatch signals)
    {
        var dropped = DropsOf(pass, modality, path, signals).Which;
        return new SignalConditions(path, signals, path.Generator.Condition(signals.CaptionsBut(dropped)), dropped); // [G, C, Dg]
    }

    /// <summary>Which media are without a condition, [G], and whether any is: those whose key says so, in training alone.</summary>
    private static (bool Any, torch.Tensor Which) DropsOf(ForwardPass pass, string modality, OutputPath path, SignalBatch signals)
    {
        var isDropped = KeysOf(pass, modality, signals, "condition_dropout").Select(key => pass.Model.training && key / (double)long.MaxValue < path.ConditionDropout).ToArray();
        return (isDropped.Contains(value: true), torch.tensor(isDropped, device: signals.Captions.device));
    }
}
