using TorchSharp;
using TrainMm.Core.Roles;
using TrainMm.Data.Media;
using TrainMm.Data.Media.Audio;
using TrainMm.Data.Media.Video;

namespace TrainMm.Training.Evaluation;

/// <summary>A medium that an answer made.</summary>
/// <param name="Modality">Its modality.</param>
/// <param name="Extension">Of its file's name, for example <c>.png</c>.</param>
/// <param name="Content">The file.</param>
public sealed record MadeMedium(string Modality, string Extension, byte[] Content)
{
    /// <summary>Checks that a generator's media can be written, before one is made.</summary>
    /// <exception cref="Core.Diagnostics.DataException">It makes videos, and there is no ffmpeg.</exception>
    internal static void Check(IGenerator generator)
    {
        if (generator.Target is VideoSpec) Mp4File.Check();
    }

    /// <summary>The file of what a generator made: PNG, MP4 or WAV.</summary>
    /// <param name="generator">Says what it makes, and how fast that is played.</param>
    /// <param name="sample">One sample: an image [3, H, W] uint8, a video [F, 3, H, W] uint8, a sound [S] float32.</param>
    /// <exception cref="Core.Diagnostics.DataException">ffmpeg cannot write the video.</exception>
    internal static MadeMedium Of(IGenerator generator, torch.Tensor sample) => generator.Target switch
    {
        ImageSpec image => new(image.Modality, ".png", PngFile.Encode((int)sample.shape[2], (int)sample.shape[1], sample.permute(1, 2, 0).contiguous().bytes)),
        VideoSpec video => new(video.Modality, ".mp4", Mp4File.Encode((int)sample.shape[3], (int)sample.shape[2], generator.Rate, sample.permute(0, 2, 3, 1).contiguous().bytes.ToArray())),
        AudioSpec audio => new(audio.Modality, ".wav", WavFile.Encode(generator.Rate, sample.contiguous().data<float>().ToArray())),
        var other => throw new InvalidOperationException($"There is no file for a medium of modality '{other.Modality}'."),
    };
}
