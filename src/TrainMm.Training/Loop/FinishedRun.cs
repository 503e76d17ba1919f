using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Models;
using TrainMm.Models.LanguageModels.None;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Parts;

namespace TrainMm.Training.Loop;

/// <summary>Loads the model of a run that has ended.</summary>
internal static class FinishedRun
{
    /// <summary>Builds the model, everything frozen, and puts the run's trained parts in.</summary>
    /// <param name="options">The run's configuration.</param>
    /// <param name="directory">The run's folder.</param>
    /// <param name="needsLanguageModel">Whether the caller asks a language model.</param>
    /// <exception cref="ConfigurationException">The run has no language model.</exception>
    /// <exception cref="CheckpointException">The run has not ended, or its parts belong to another model.</exception>
    public static (MultimodalModel Model, DataAssembly Data) Load(RunOptions options, RunDirectory directory, bool needsLanguageModel = true)
    {
        if (needsLanguageModel && options.Model.LanguageModel.Kind == NoLanguageModel.Kind)
            throw OptionSource.Error(options.Model, nameof(options.Model.LanguageModel), "is none, and answers, scores and exports are a language model's", "a later stage with one goes on with this run's projector: initial_run");
        if (!Directory.Exists(directory.Final)) throw new CheckpointException($"{directory.Root} holds no finished run: there is no {directory.Final}.");
        var model = ModelAssembly.Build(options, []);
        try
        {
            var data = new DataAssembly(options, model);
            var stage = RunSummary.Read(directory).Start.Stage;
            new TrainedParts(directory.Final).Load(model, PartsDescription.Of(stage, options.Model, model, data));
            model.eval();
            return (model, data);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
