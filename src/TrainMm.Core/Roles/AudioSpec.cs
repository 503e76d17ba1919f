namespace TrainMm.Core.Roles;

/// <summary>What becomes of a clip that is longer than the encoder takes.</summary>
public enum LongClips
{
    /// <summary>It is an error, which names the clip.</summary>
    Fail,

    /// <summary>Its end is cut off.</summary>
    Cut,
}

/// <summary>An audio encoder's input: one channel (the mean of the file's) at one rate, padded with silence to one length.</summary>
/// <param name="SampleRate">Samples a second.</param>
/// <param name="Samples">S, the samples of a medium.</param>
/// <param name="LongClips">What becomes of a clip of more samples.</param>
public abstract record AudioSpec(int SampleRate, int Samples, LongClips LongClips) : MediaSpec("audio");

/// <summary>
/// The samples themselves → [2, S] float32: the waveform, 0 behind the clip's end, and beside it 1 where the clip is and 0 behind its end.
/// </summary>
/// <param name="SampleRate">Samples a second.</param>
/// <param name="Samples">S.</param>
/// <param name="Normalise">Whether the clip is brought to mean 0 and variance 1 (wav2vec 2.0's <c>do_normalize</c>); the silence behind it does not count.</param>
/// <param name="LongClips">What becomes of a clip of more samples.</param>
public sealed record WaveformSpec(int SampleRate, int Samples, bool Normalise, LongClips LongClips = LongClips.Fail) : AudioSpec(SampleRate, Samples, LongClips);

/// <summary>
/// Whisper's log-mel spectrogram (arXiv:2212.04356, section 2.2) → [M, S / hop] float32: power of a Hann window's Fourier transform, Slaney's mel filters up to 8 kHz,
/// log10 no lower than the clip's maximum − 8, then (x + 4) / 4.
/// </summary>
/// <param name="SampleRate">Samples a second.</param>
/// <param name="Samples">S; a multiple of the hop.</param>
/// <param name="MelBins">M.</param>
/// <param name="FftLength">Samples of the window.</param>
/// <param name="HopLength">Samples from a window to the next.</param>
/// <param name="LongClips">What becomes of a clip of more samples.</param>
public sealed record LogMelSpec(int SampleRate, int Samples, int MelBins, int FftLength, int HopLength, LongClips LongClips = LongClips.Fail)
    : AudioSpec(SampleRate, Samples, LongClips)
{
    /// <summary>T, the columns of the spectrogram.</summary>
    public int Frames => Samples / HopLength;
}

/// <summary>
/// The log-mel spectrogram that HiFi-GAN's vocoders make sound of (arXiv:2010.05646, section 2.2, as AudioLDM, arXiv:2301.12503, trains with it) → [M, S / hop] float32: amplitudes of a Hann window's
/// Fourier transform, the clip mirrored by (window − hop) / 2 at its ends, Slaney's mel filters up to 8 kHz, natural logarithms, no amplitude below 1e-5.
/// </summary>
/// <param name="SampleRate">Samples a second.</param>
/// <param name="Samples">S; a multiple of the hop, and more than (window − hop) / 2.</param>
/// <param name="MelBins">M.</param>
/// <param name="FftLength">Samples of the window.</param>
/// <param name="HopLength">Samples from a window to the next.</param>
/// <param name="Level">Whether the clip is brought to mean 0 and largest sample ±0.5 first; the silence behind it does not count.</param>
/// <param name="LongClips">What becomes of a clip of more samples.</param>
public sealed record VocoderMelSpec(int SampleRate, int Samples, int MelBins, int FftLength, int HopLength, bool Level, LongClips LongClips = LongClips.Fail)
    : AudioSpec(SampleRate, Samples, LongClips)
{
    /// <summary>T, the columns of the spectrogram.</summary>
    public int Frames => Samples / HopLength;
}

/// <summary>The windows of Kaldi's features.</summary>
public enum KaldiWindow
{
    /// <summary>Hann's to the power of 0.85, Kaldi's default.</summary>
    Povey,

    /// <summary>Hann's.</summary>
    Hanning,
}

/// <summary>
/// Kaldi's log-mel filter bank → [M, T] float32, (x − mean) / std; frames behind the clip's end are 0 before that. Windows of 25 ms every 10 ms, each without its mean and pre-emphasised by 0.97, no dither.
/// </summary>
/// <param name="SampleRate">Samples a second.</param>
/// <param name="Samples">S.</param>
/// <param name="Frames">T.</param>
/// <param name="MelBins">M.</param>
/// <param name="Window">The window.</param>
/// <param name="Scale">What samples in [−1, 1] are multiplied by: 32768 where features were made from 16-bit integers.</param>
/// <param name="Mean">Subtracted from the logarithms.</param>
/// <param name="Std">What they are divided by.</param>
/// <param name="Masked">Whether a row is added, [M + 1, T]: 1 where the clip is, 0 behind its end.</param>
/// <param name="LongClips">What becomes of a clip of more samples.</param>
public sealed record FilterBankSpec(
    int SampleRate, int Samples, int Frames, int MelBins, KaldiWindow Window, double Scale, double Mean, double Std, bool Masked, LongClips LongClips = LongClips.Fail)
    : AudioSpec(SampleRate, Samples, LongClips);

/// <summary>
/// Clips of a sound, each as a filter bank of its own → [C, M, T] float32. The first begins where the sound does, the last ends where it does, the others begin at equal distances between
/// (ImageBind, arXiv:2305.05665, section 3); of a sound that is shorter than a clip all are the same. However long a sound is, nothing else of it is heard.
/// </summary>
/// <param name="Clip">What a clip becomes.</param>
/// <param name="Clips">C.</param>
public sealed record ClipsSpec(FilterBankSpec Clip, int Clips) : AudioSpec(Clip.SampleRate, int.MaxValue, LongClips.Fail);
