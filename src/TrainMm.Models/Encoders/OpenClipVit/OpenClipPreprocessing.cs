using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.Vision;

namespace TrainMm.Models.Encoders.OpenClipVit;

/// <summary>Reads <c>preprocess_cfg</c> of an <c>open_clip_config.json</c>; what it does not say is as for CLIP.</summary>
internal static class OpenClipPreprocessing
{
    /// <summary>How images are prepared.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">It asks for what is not known here.</exception>
    public static ImageDefaults Read(HuggingFaceConfig config)
    {
        var (mode, filter) = (config.Text("resize_mode", "shortest"), config.Text("interpolation", "bicubic"));
        return new(
            mode switch
            {
                "shortest" => ImageFit.CenterCrop,
                "squash" => ImageFit.Squash,
                _ => throw config.Fault("resize_mode", $"is '{mode}'; known here: shortest, squash"),
            },
            filter switch
            {
                "bicubic" => Resampling.Bicubic,
                "bilinear" => Resampling.Bilinear,
                _ => throw config.Fault("interpolation", $"is '{filter}'; known here: bicubic, bilinear"),
            },
            Channels("mean", ImageDefaults.Clip.Mean),
            Channels("std", ImageDefaults.Clip.Std));

        IReadOnlyList<double> Channels(string key, IReadOnlyList<double> otherwise)
        {
            var numbers = config.Numbers(key);
            return numbers.Count == 0 ? otherwise : numbers.Count == 3 ? numbers : throw config.Fault(key, $"has {numbers.Count} numbers, three were expected");
        }
    }
}
