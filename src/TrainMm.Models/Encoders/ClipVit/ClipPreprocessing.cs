using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Vision;

namespace TrainMm.Models.Encoders.ClipVit;

/// <summary>Reads how a CLIP wants its images from <c>preprocessor_config.json</c>; what the file does not say is as in Hugging Face's <c>CLIPImageProcessor</c>.</summary>
internal static class ClipPreprocessing
{
    /// <summary>The input of a tower.</summary>
    /// <param name="folder">The checkpoint's folder, or null without one.</param>
    /// <param name="imageSize">Pixels of the square that the tower was made for.</param>
    /// <exception cref="Core.Diagnostics.CheckpointException">The file asks for what is not known here, or for another size than the tower's.</exception>
    public static ImageSpec Read(string? folder, int imageSize) => ImagePreprocessing.Read(folder, imageSize, ImageDefaults.Clip, exact: true);
}
