using TrainMm.Core.Roles;
using TrainMm.Core.Weights;

namespace TrainMm.Models.Encoders.Whisper;

/// <summary>Reads how a Whisper wants its sound from <c>preprocessor_config.json</c>; what the file does not say is as in Hugging Face's <c>WhisperFeatureExtractor</c>.</summary>
internal static class WhisperPreprocessing
{
    private const string FileName = "preprocessor_config.json";
    private const int SampleRate = 16_000;
    private const int HopLength = 160;
    private const int FftLength = 400;

    /// <summary>The second convolution's stride: frames that become one feature.</summary>
    private const int FramesPerFeature = 2;

    /// <summary>The input of an encoder.</summary>
    /// <param name="folder">The checkpoint's folder, or null without one.</param>
    /// <param name="sizes">The encoder's sizes.</param>
    /// <param name="longClips">What becomes of clips that are too long.</param>
    /// <exception cref="Core.Diagnostics.CheckpointException">The file asks for another spectrogram than the encoder's.</exception>
    public static LogMelSpec Read(string? folder, WhisperArchitecture sizes, LongClips longClips)
    {
        var frames = FramesPerFeature * sizes.MaxSourcePositions;
        if (folder is null || !File.Exists(Path.Combine(folder, FileName))) return new LogMelSpec(SampleRate, frames * HopLength, sizes.NumMelBins, FftLength, HopLength, longClips);
        var config = HuggingFaceConfig.Open(folder, FileName);
        if (config.Flag("do_normalize", false)) throw config.Fault("do_normalize", "is true, which is not known here");
        if (config.Integer("feature_size", 80) != sizes.NumMelBins) throw config.Fault("feature_size", $"is not the encoder's {sizes.NumMelBins} bins");
        var (rate, hop, window) = (Positive(config, "sampling_rate", SampleRate), Positive(config, "hop_length", HopLength), Positive(config, "n_fft", FftLength));
        var samples = Positive(config, "chunk_length", 30) * rate;
        if (samples / hop != frames) throw config.Fault("chunk_length", $"makes {samples / hop} frames, the encoder takes {frames}");
        return new LogMelSpec(rate, samples, sizes.NumMelBins, window, hop, longClips);
    }

    private static int Positive(HuggingFaceConfig config, string key, int otherwise)
    {
        var value = config.Integer(key, otherwise);
        return value > 0 ? value : throw config.Fault(key, "must be above 0");
    }
}
