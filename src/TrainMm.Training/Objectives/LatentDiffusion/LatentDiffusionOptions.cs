namespace TrainMm.Training.Objectives.LatentDiffusion;

/// <summary>The loss of the frozen generator under the output projector's condition, or, without a language model, of a generator that is trained under its own: each medium that an answer makes must be there.</summary>
public sealed class LatentDiffusionOptions : ObjectiveOptions;
