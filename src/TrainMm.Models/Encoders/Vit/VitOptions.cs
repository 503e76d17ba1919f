using TrainMm.Models.Encoders.Vision;

namespace TrainMm.Models.Encoders.Vit;

/// <summary>The vision transformer as it was first published.</summary>
public sealed class VitOptions : VisionTowerOptions<VitArchitecture>;
