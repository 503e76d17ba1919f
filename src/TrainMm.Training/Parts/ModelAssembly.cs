using TorchSharp;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Models;
using TrainMm.Training.Loop;
using TrainMm.Training.Objectives;
using TrainMm.Training.Optimisation;

namespace TrainMm.Training.Parts;

/// <summary>Builds a run's model and puts the trained parts of an earlier run into it.</summary>
internal static class ModelAssembly
{
    /// <summary>Builds the model without what only training needs of it.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="trainable">The paths of what is trained; empty: everything is frozen.</param>
    /// <exception cref="ConfigurationException">The parts do not fit together, or a path to train meets no parameter.</exception>
    public static MultimodalModel Build(RunOptions options, IReadOnlyList<string> trainable)
    {
        var paths = new TrainablePaths(trainable);
        var model = ModelBuilder.Build(options.Model, ComputeDevice.Of(options), (ulong)options.Seed, paths);
        try
        {
            RefuseUnmet(options, trainable, paths);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Builds the model and the objectives; what these train of their own is then a part of the model.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="trainable">The paths of what is trained beside the objectives' own parameters.</param>
    /// <exception cref="ConfigurationException">The parts do not fit together, an objective does not fit them, or a path to train meets no parameter.</exception>
    public static (MultimodalModel Model, ObjectiveSet Objectives) BuildForTraining(RunOptions options, IReadOnlyList<string> trainable) =>
        BuildForTraining(options, trainable, ComputeDevice.Of(options));

    /// <summary>Declares the model with the objectives' own parts, without memory for it: checkpoints are compared by their headers.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="trainable">The paths of what is trained beside the objectives' own parameters.</param>
    /// <exception cref="ConfigurationException">The parts do not fit together, an objective does not fit them, or a path to train meets no parameter.</exception>
    public static MultimodalModel Declare(RunOptions options, IReadOnlyList<string> trainable) => BuildForTraining(options, trainable, torch.META).Model;

    private static (MultimodalModel Model, ObjectiveSet Objectives) BuildForTraining(RunOptions options, IReadOnlyList<string> trainable, torch.Device device)
    {
        var paths = new TrainablePaths([.. trainable, MultimodalModel.Objectives]);
        var model = ModelBuilder.Build(options.Model, device, (ulong)options.Seed, paths);
        try
        {
            var objectives = ObjectiveSet.Build(options, model, paths);
            SequencePacking.Check(options, model, objectives);
            RefuseUnmet(options, trainable, paths);
            return (model, objectives);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static void RefuseUnmet(RunOptions options, IReadOnlyList<string> trainable, TrainablePaths paths)
    {
        var unmet = paths.Unmet.Intersect(trainable, StringComparer.Ordinal).ToArray();
        if (unmet.Length == 0) return;
        throw new ConfigurationException(
            [.. unmet.Select(path => OptionSource.Problem(options, nameof(RunOptions.Trainable), $"'{path}' meets no parameter of the model", paths.HintFor(path)))]);
    }

    /// <summary>Puts in the trained parts of the run that the configuration starts from, if it names one.</summary>
    /// <exception cref="ConfigurationException">That run has not ended.</exception>
    /// <exception cref="CheckpointException">Its parts belong to another model.</exception>
    public static void LoadInitialParts(RunOptions options, MultimodalModel model, PartsDescription description)
    {
        if (options.InitialRun is not { } run) return;
        var final = new Checkpoints.RunDirectory(run).Final;
        if (!Directory.Exists(final))
            throw OptionSource.Error(options, nameof(RunOptions.InitialRun), $"{final} does not exist", "the run that this one starts from must have ended; null starts from untrained parts");
        new TrainedParts(final).Load(model, description);
    }

    /// <summary>What is trained of a model, in its own order.</summary>
    public static IReadOnlyList<TrainedParameter> TrainedParametersOf(MultimodalModel model)
    {
        var adapter = TrainedParts.AdapterNames(model);
        return
        [
            .. model.named_parameters()
                .Where(parameter => parameter.parameter.requires_grad)
                .Select(parameter => new TrainedParameter(parameter.name, parameter.parameter, adapter.Contains(parameter.name))),
        ];
    }

    /// <summary>The tokenizer's file or folder: the one that the data options name, else the language model's.</summary>
    /// <exception cref="ConfigurationException">Neither is there.</exception>
    public static string TokenizerPath(RunOptions options) =>
        options.Data.Tokenizer ?? PartOptions.CheckpointOf(options.Model.LanguageModel)
        ?? throw OptionSource.Error(options.Data, nameof(options.Data.Tokenizer), "a language model without a checkpoint brings no tokenizer", "name a folder that holds a tokenizer.json");
}
