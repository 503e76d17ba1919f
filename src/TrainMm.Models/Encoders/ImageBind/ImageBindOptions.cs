using TrainMm.Models.Encoders.Vision;

namespace TrainMm.Models.Encoders.ImageBind;

/// <summary>ImageBind's vision branch. The checkpoint's folder holds imagebind_huge.pth as it was published, or other weights with their sizes in a config.json.</summary>
public sealed class ImageBindOptions : VisionTowerOptions<ImageBindArchitecture>;
