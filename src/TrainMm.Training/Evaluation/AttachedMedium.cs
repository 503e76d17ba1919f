namespace TrainMm.Training.Evaluation;

/// <summary>A medium that a user gives with a question.</summary>
/// <param name="Modality">The modality's name: <c>image</c>, <c>audio</c>, <c>video</c>.</param>
/// <param name="Content">The file's content.</param>
public sealed record AttachedMedium(string Modality, byte[] Content);
