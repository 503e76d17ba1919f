using TrainMm.Models;

namespace TrainMm.Training.Stages;

/// <summary>Multimodal instruction tuning (arXiv:2401.13601, section 3.2): supervised fine-tuning of the adapter, where there is one, and of the input projectors.</summary>
public sealed class SftStage : IStage
{
    /// <inheritdoc/>
    public StageKind Kind => StageKind.Sft;

    /// <inheritdoc/>
    public IReadOnlyList<string> DefaultTrainable(ModelOptions model)
    {
        var projectors = model.Modalities.Keys.Select(modality => $"{modality}.input_projector");
        return model.Adapter is null ? [.. projectors] : [TrainablePaths.Adapter, .. projectors];
    }
}
