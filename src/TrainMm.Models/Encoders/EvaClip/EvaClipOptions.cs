using TrainMm.Models.Encoders.Vision;

namespace TrainMm.Models.Encoders.EvaClip;

/// <summary>The vision transformer of EVA-CLIP or EVA02-CLIP. The checkpoint's folder holds, as config.json, the model's file of EVA-CLIP's <c>model_configs</c>.</summary>
public sealed class EvaClipOptions : VisionTowerOptions<EvaClipArchitecture>;
