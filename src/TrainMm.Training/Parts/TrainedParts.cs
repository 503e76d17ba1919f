using TorchSharp;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.LanguageModels.None;
using TrainMm.Models.LanguageModels.Signals;

namespace TrainMm.Training.Parts;

/// <summary>
/// A run's <c>final</c> folder: the input and output projectors, the signal tokens' rows, the adapter as PEFT writes it, whatever else was trained, what objectives trained of their own, and what all were trained with.
/// Its bytes depend on nothing but the weights and the configuration.
/// </summary>
/// <param name="folder">The folder.</param>
public sealed class TrainedParts(string folder)
{
    private const string ProjectorFile = "input_projector.safetensors";
    private const string OutputProjectorFile = "output_projector.safetensors";
    private const string SignalFile = "signal_tokens.safetensors";
    private const string OtherFile = "trained.safetensors";
    private const string ObjectivesFile = "objectives.safetensors";
    private const string AdapterFolder = "adapter";
    private const string AdapterFile = "adapter_model.safetensors";

    /// <summary>Writes the folder; one that is there is replaced once the new one is complete.</summary>
    /// <param name="model">The trained model.</param>
    /// <param name="description">What it was built from.</param>
    public void Save(MultimodalModel model, PartsDescription description)
    {
        var unfinished = folder + ".unfinished";
        if (Directory.Exists(unfinished)) Directory.Delete(unfinished, recursive: true);
        Directory.CreateDirectory(unfinished);
        var projectors = Projectors(model);
        var adapter = AdapterNames(model);
        SafetensorsWriter.Write(Path.Combine(unfinished, ProjectorFile), projectors);
        var outputs = OutputProjectors(model);
        if (outputs.Count > 0) SafetensorsWriter.Write(Path.Combine(unfinished, OutputProjectorFile), outputs);
        var signals = Signals(model);
        if (signals.Count > 0) SafetensorsWriter.Write(Path.Combine(unfinished, SignalFile), signals);
        if (model.Peft is { } peft)
        {
            Directory.CreateDirectory(Path.Combine(unfinished, AdapterFolder));
            peft.Save(Path.Combine(unfinished, AdapterFolder));
        }

        var objectives = OfObjectives(model);
        if (objectives.Count > 0) SafetensorsWriter.Write(Path.Combine(unfinished, ObjectivesFile), objectives);
        var others = All(model)
            .Where(pair => pair.Value.requires_grad && !projectors.ContainsKey(pair.Key) && !outputs.ContainsKey(pair.Key) && !signals.ContainsKey(pair.Key) && !adapter.Contains(pair.Key) && !objectives.ContainsKey(pair.Key))
            .ToDictionary(StringComparer.Ordinal);
        if (others.Count > 0) SafetensorsWriter.Write(Path.Combine(unfinished, OtherFile), others);
        description.Write(unfinished);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.Move(unfinished, folder);
    }

    /// <summary>Puts the folder's parts into a model. Of what objectives had of their own, the model gets that of the objectives that it has.</summary>
    /// <param name="model">A model with the same projectors.</param>
    /// <param name="description">What it was built from.</param>
    /// <exception cref="CheckpointException">The parts were trained with another encoder or language model, or do not fit.</exception>
    public void Load(MultimodalModel model, PartsDescription description)
    {
        var theirs = PartsDescription.Read(folder);
        var differences = PartsDescription.Differences(description, theirs);
        if (differences.Count > 0) throw new CheckpointException($"The trained parts in {folder} belong to another model:\n  {string.Join("\n  ", differences)}");
        var parameters = All(model);
        if (theirs.LanguageModel.Kind == NoLanguageModel.Kind) FillAligned(model, Path.Combine(folder, ProjectorFile));
        else Fill(parameters, Path.Combine(folder, ProjectorFile), Projectors(model).Keys);
        if (File.Exists(Path.Combine(folder, OutputProjectorFile))) Fill(parameters, Path.Combine(folder, OutputProjectorFile), []);
        if (File.Exists(Path.Combine(folder, SignalFile))) Fill(parameters, Path.Combine(folder, SignalFile), []);
        if (File.Exists(Path.Combine(folder, OtherFile))) Fill(parameters, Path.Combine(folder, OtherFile), []);
        if (File.Exists(Path.Combine(folder, ObjectivesFile))) FillObjectives(model, Path.Combine(folder, ObjectivesFile));
        var adapter = Path.Combine(folder, AdapterFolder);
        if (!Directory.Exists(adapter)) return;
        if (model.Peft is null) throw new CheckpointException($"{adapter} holds an adapter, the model has none: name its kind under model.adapter.");
        using var source = WeightSource.Open(Path.Combine(adapter, AdapterFile));
        model.Peft.Load(source);
    }

    /// <summary>The paths of what was trained besides projectors and adapter.</summary>
    /// <exception cref="CheckpointException">The file that holds them is damaged.</exception>
    internal IReadOnlyList<string> Others()
    {
        var path = Path.Combine(folder, OtherFile);
        if (!File.Exists(path)) return [];
        using var file = SafetensorsFile.Open(path);
        return [.. file.Names.Order(StringComparer.Ordinal)];
    }

    /// <summary>What an objective had of its own, by its names below the objective's; empty where it had nothing.</summary>
    /// <param name="kind">The objective's kind.</param>
    /// <exception cref="CheckpointException">The file that holds it is damaged.</exception>
    internal IReadOnlyDictionary<string, torch.Tensor> OfObjective(string kind)
    {
        var path = Path.Combine(folder, ObjectivesFile);
        if (!File.Exists(path)) return new Dictionary<string, torch.Tensor>(StringComparer.Ordinal);
        using var file = SafetensorsFile.Open(path);
        var root = $"{MultimodalModel.Objectives}.{kind}.";
        return file.Names.Where(name => name.StartsWith(root, StringComparison.Ordinal)).ToDictionary(name => name[root.Length..], name => file.Read(name), StringComparer.Ordinal);
    }

    /// <summary>All parameters of a model, by path.</summary>
    internal static Dictionary<string, torch.Tensor> All(MultimodalModel model) =>
        model.named_parameters().ToDictionary(each => each.name, each => (torch.Tensor)each.parameter, StringComparer.Ordinal);

    /// <summary>The paths of what the adapter has added.</summary>
    internal static HashSet<string> AdapterNames(MultimodalModel model) =>
        model.Peft?.Parameters.Keys.Select(name => $"language_model.{name}").ToHashSet(StringComparer.Ordinal) ?? [];

    private static Dictionary<string, torch.Tensor> Projectors(MultimodalModel model) => model.Modalities
        .SelectMany(modality => modality.Value.Projector.Module.named_parameters().Select(each => KeyValuePair.Create($"{modality.Key}.input_projector.{each.name}", (torch.Tensor)each.parameter)))
        .ToDictionary(StringComparer.Ordinal);

    private static Dictionary<string, torch.Tensor> OfObjectives(MultimodalModel model) =>
        All(model).Where(pair => pair.Key.StartsWith($"{MultimodalModel.Objectives}.", StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);

    /// <summary>Projectors that were trained without a language model: they may have had parts that these have not, and where they had nothing that leads to a language model's width, that stays as it is.</summary>
    private static void FillAligned(MultimodalModel model, string path)
    {
        var parameters = Projectors(model);
        using var file = SafetensorsFile.Open(path);
        foreach (var (modality, projector) in model.Modalities.Select(pair => (pair.Key, pair.Value.Projector)))
        {
            var root = $"{modality}.input_projector.";
            var names = file.Names.Where(name => name.StartsWith(root, StringComparison.Ordinal))
                .Select(name => (Theirs: name, Mine: projector.NameFromAlignment(name[root.Length..])))
                .Where(pair => pair.Mine is not null)
                .ToDictionary(pair => root + pair.Mine, pair => pair.Theirs, StringComparer.Ordinal);
            var stays = projector.LanguageSide.Where(side => !names.Keys.Any(name => name.StartsWith(root + side, StringComparison.Ordinal))).ToArray();
            var wanted = parameters.Keys.Where(name => name.StartsWith(root, StringComparison.Ordinal) && !stays.Any(side => name.StartsWith(root + side, StringComparison.Ordinal)));
            if (wanted.FirstOrDefault(name => !names.ContainsKey(name)) is { } missing) throw new CheckpointException($"{path} has nothing for '{missing}': the part is of another shape.");
            foreach (var (mine, name) in names) Read(file, name, parameters, mine);
        }
    }

    private static void FillObjectives(MultimodalModel model, string path)
    {
        var parameters = OfObjectives(model);
        using var file = SafetensorsFile.Open(path);
        foreach (var kind in parameters.GroupBy(pair => pair.Key.Split('.')[1], StringComparer.Ordinal))
        {
            var mine = kind.ToDictionary(StringComparer.Ordinal);
            var theirs = file.Names.Where(name => name.StartsWith($"{MultimodalModel.Objectives}.{kind.Key}.", StringComparison.Ordinal)).ToArray();
            if (theirs.Length > 0) Fill(mine, file, theirs, mine.Keys);
        }
    }

    private static Dictionary<string, torch.Tensor> OutputProjectors(MultimodalModel model) =>
        All(model).Where(pair => model.Outputs.Keys.Any(modality => pair.Key.StartsWith($"{modality}.output_projector.", StringComparison.Ordinal))).ToDictionary(StringComparer.Ordinal);

    private static Dictionary<string, torch.Tensor> Signals(MultimodalModel model) =>
        All(model).Where(pair => pair.Key.StartsWith($"{SignalRows.Root}.", StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);

    private static void Fill(Dictionary<string, torch.Tensor> parameters, string path, IEnumerable<string> expected)
    {
        using var file = SafetensorsFile.Open(path);
        Fill(parameters, file, file.Names, expected);
    }

    private static void Fill(Dictionary<string, torch.Tensor> parameters, SafetensorsFile file, IEnumerable<string> names, IEnumerable<string> expected)
    {
        if (expected.FirstOrDefault(name => !file.Entries.ContainsKey(name)) is { } missing) throw new CheckpointException($"{file.Path} has no '{missing}': the part is of another shape.");
        foreach (var name in names) Read(file, name, parameters, name);
    }

    private static void Read(SafetensorsFile file, string name, Dictionary<string, torch.Tensor> parameters, string mine)
    {
        var shape = file.Entries[name].Shape;
        if (!parameters.TryGetValue(mine, out var parameter)) throw new CheckpointException($"{file.Path} has '{name}', which the model has not.");
        if (!parameter.shape.SequenceEqual(shape))
            throw new CheckpointException($"{file.Path}: '{name}' is [{string.Join(", ", shape)}], the model's is [{string.Join(", ", parameter.shape)}].");
        file.ReadInto(name, parameter);
    }
}
