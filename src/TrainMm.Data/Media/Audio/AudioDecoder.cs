using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Media.Audio;

/// <summary>Sound files to one channel of floats. WAV is read here; all else goes through ffmpeg, a process for each clip. Thread-safe.</summary>
public static class AudioDecoder
{
    /// <summary>Decodes a clip at its own rate; its channels are averaged.</summary>
    /// <param name="bytes">The file's content.</param>
    /// <param name="origin">Names the clip in an error.</param>
    /// <param name="options">Caps; null for the defaults.</param>
    /// <exception cref="DataException">The clip is damaged, empty or too long, or there is no ffmpeg to decode it.</exception>
    public static AudioClip Decode(ReadOnlySpan<byte> bytes, string origin, AudioDecodeOptions? options = null)
    {
        var caps = options ?? new AudioDecodeOptions();
        var clip = WavReader.IsReadable(bytes) ? WavReader.Read(bytes, origin) : WavReader.Read(FfmpegWav.Of(bytes, origin, caps), origin);
        if (clip.Samples.Length == 0) throw new DataException("The clip cannot be used: it holds no sound.", origin);
        if (clip.Seconds > caps.MaxSeconds) throw new DataException(FormattableString.Invariant($"The clip cannot be used: it lasts {clip.Seconds:0} s; {caps.MaxSeconds:0} s are allowed."), origin);
        return clip;
    }
}
