using TrainMm.Models.Encoders.Vision;

namespace TrainMm.Models.Encoders.Siglip;

/// <summary>The vision transformer of SigLIP.</summary>
public sealed class SiglipOptions : VisionTowerOptions<SiglipArchitecture>;
