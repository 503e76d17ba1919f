namespace TrainMm.Core.Roles;

/// <summary>A video as frames, each prepared as a picture of its own → [F, 3, H, W] float32. The frames are those at the middles of F stretches of equal length.</summary>
/// <param name="Frame">How a frame is prepared.</param>
/// <param name="Frames">F.</param>
public sealed record VideoSpec(ImageSpec Frame, int Frames) : MediaSpec("video");
