using TrainMm.Models;
using TrainMm.Models.Fusion.Splice;
using TrainMm.Models.LanguageModels.Signals;

namespace TrainMm.Training.Stages;

/// <summary>Multimodal pre-training (arXiv:2401.13601, section 3.1): encoders and language model are frozen, the input projectors and, where the fusion has parameters, the fusion align them; where the vocabulary has signal tokens, their rows are trained, and where media are made, the output projectors.</summary>
public sealed class PretrainStage : IStage
{
    /// <inheritdoc/>
    public StageKind Kind => StageKind.Pretrain;

    /// <inheritdoc/>
    public IReadOnlyList<string> DefaultTrainable(ModelOptions model) =>
    [
        .. model.Modalities.Keys.Select(modality => $"{modality}.input_projector"),
        .. model.Fusion.Options is SpliceOptions ? [] : (string[])["fusion"],
        .. model.Generation.Where(pair => pair.Value.OutputProjector is not null).Select(pair => $"{pair.Key}.output_projector"),
        .. model.SignalTokens.Count == 0 ? [] : (string[])[SignalRows.Root],
    ];
}
