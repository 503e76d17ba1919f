using TrainMm.Models.Encoders.Vision;

namespace TrainMm.Models.Encoders.OpenClipVit;

/// <summary>The vision transformer of open_clip's CLIPs. The checkpoint's folder holds open_clip_config.json, or the model's file of open_clip's <c>model_configs</c> as config.json.</summary>
public sealed class OpenClipVitOptions : VisionTowerOptions<OpenClipVitArchitecture>;
