using System.Globalization;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Media.Audio;

/// <summary>Any sound file to WAV of 32-bit floats, at the file's own rate and channels, so that mixing and resampling are the same whatever the file was.</summary>
internal static class FfmpegWav
{
    private const int MaxChannels = 64;
    private const int MaxRate = 192_000;

    /// <summary>Decodes a clip.</summary>
    /// <exception cref="DataException">ffmpeg is not there, refuses the clip, takes too long or gives too much.</exception>
    public static byte[] Of(ReadOnlySpan<byte> bytes, string origin, AudioDecodeOptions options)
    {
        var ffmpeg = new FfmpegProcess(options.Ffmpeg, options.FfmpegTimeout, "The clip cannot be used", "Only WAV is read without ffmpeg");
        string[] arguments = ["-map", "0:a:0", "-t", (options.MaxSeconds + 1).ToString(CultureInfo.InvariantCulture), "-c:a", "pcm_f32le", "-f", "wav", "pipe:1"];
        var limit = (long)(options.MaxSeconds + 1) * MaxRate * MaxChannels * sizeof(float);
        var (wav, said) = FfmpegProcess.WithFile(bytes, file => ffmpeg.Run(file, arguments, limit, $"more than {options.MaxSeconds} s of it", origin));
        return WavReader.IsReadable(wav) ? wav : throw ffmpeg.Unusable($"'{options.Ffmpeg}' gave something else than WAV.{said}", origin);
    }
}
