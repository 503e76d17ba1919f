using TrainMm.Models.Encoders.Vision;

namespace TrainMm.Models.Encoders.Dinov2;

/// <summary>The vision transformer of DINOv2.</summary>
public sealed class Dinov2Options : VisionTowerOptions<Dinov2Architecture>;
