using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Training.Parts;

namespace TrainMm.Training.Exports;

/// <summary>The language model alone, with the adapter in its weights, as <c>AutoModelForCausalLM</c> reads it.</summary>
internal sealed class MergedExport : IExport
{
    private const string Root = "language_model.";

    /// <summary>The language model's parameters have their official names already.</summary>
    private static readonly KeyMap Layout = new("a language model", [new("", Root)], []);

    /// <inheritdoc/>
    public void Check(ExportedRun run)
    {
        ExportChecks.RequireMergeable(run, "merged");
        _ = ModelConfigs.OfLanguageModel(run);
    }

    /// <inheritdoc/>
    public void Write(ExportedRun run, string folder)
    {
        run.Model.Peft?.Merge();
        ModelConfigs.Write(folder, ModelConfigs.OfLanguageModel(run));
        PublishedLanguageModel.Of(run.Options.Model.LanguageModel.Kind)!.CopyCode(PartOptions.CheckpointOf(run.Options.Model.LanguageModel), folder);
        TokenizerFiles.Copy(run, folder);
        ShardedSafetensors.Write(folder, run.Named(Layout, Root), run.Model.Dtype, run.Request.ShardBytes);
    }

    /// <inheritdoc/>
    public ModelOptions ReadBack(ModelOptions options, string folder) => options.With(languageModel: ModelConfigs.LanguageModelFrom(options, folder)).WithAdapter(null);

    /// <inheritdoc/>
    public bool Holds(ExportedRun run, string name) => name.StartsWith(Root, StringComparison.Ordinal);
}
