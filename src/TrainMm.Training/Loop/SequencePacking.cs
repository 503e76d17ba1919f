using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Data;
using TrainMm.Data.Batching;
using TrainMm.Models;
using TrainMm.Models.Fusion.Splice;
using TrainMm.Training.Objectives;

namespace TrainMm.Training.Loop;

/// <summary>
/// What a run must be like for its samples to be packed. A step's samples stay what they are, and so do order, hashes, counts and checkpoints: they are packed when the step's batch is cut
/// into micro-batches (<see cref="MicroBatches"/>), within the step.
/// </summary>
internal static class SequencePacking
{
    /// <summary>Tokens of a packed row; null where nothing is packed.</summary>
    public static int? RowLength(DataOptions options) => options.Packing == Packing.Pack ? options.MaxLength : null;

    /// <summary>Refuses what packed rows would be wrong for.</summary>
    /// <exception cref="ConfigurationException">A part needs each sample in a row of its own.</exception>
    public static void Check(RunOptions options, MultimodalModel model, ObjectiveSet objectives)
    {
        if (options.Data.Packing == Packing.None || FaultOf(options, model, objectives) is not { } fault) return;
        throw OptionSource.Error(options.Data, nameof(options.Data.Packing), $"cannot be pack: {fault}", "packing: none");
    }

    private static string? FaultOf(RunOptions options, MultimodalModel model, ObjectiveSet objectives)
    {
        var (spec, kind) = (model.LanguageModel.Spec, options.Model.LanguageModel.Kind);
        if (spec.IsEncoderDecoder) return $"the language model {kind} is an encoder–decoder, which takes each sample apart into question and answer";
        if (spec.HasPrefix) return $"the language model {kind} lets each sample's question see itself as a whole";
        if (model.Fusion is not SpliceFusion) return $"the fusion {options.Model.Fusion.Kind} acts within the layers, sample by sample";
        return objectives.Items.FirstOrDefault(item => !item.Objective.TakesPackedRows) is { } other ? $"the objective {other.Kind} looks at each sample as a whole" : null;
    }
}
