namespace TrainMm.Training.Checkpoints;

/// <summary>A checkpoint that was passed over.</summary>
/// <param name="Folder">The checkpoint's folder.</param>
/// <param name="Reason">What does not verify, in one sentence that names the file.</param>
public sealed record RejectedCheckpoint(string Folder, string Reason);
