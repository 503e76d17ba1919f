using TrainMm.Models;

namespace TrainMm.Training.Stages;

/// <summary>Which components train in a stage, unless the configuration says otherwise.</summary>
public interface IStage
{
    /// <summary>The stage.</summary>
    StageKind Kind { get; }

    /// <summary>The paths of what is trained.</summary>
    /// <param name="model">The model's options.</param>
    IReadOnlyList<string> DefaultTrainable(ModelOptions model);
}

/// <summary>The stages.</summary>
public static class Stage
{
    /// <summary>The stage of a kind.</summary>
    public static IStage Of(StageKind kind) => kind == StageKind.Pretrain ? new PretrainStage() : new SftStage();
}
