using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;

namespace TrainMm.Models.Encoders.Hubert;

/// <summary>Reads how a HuBERT wants its sound from <c>preprocessor_config.json</c>; what the file does not say is as in Hugging Face's <c>Wav2Vec2FeatureExtractor</c>.</summary>
internal static class HubertPreprocessing
{
    private const string FileName = "preprocessor_config.json";
    private const int SampleRate = 16_000;

    /// <summary>The input, and whether padding is hidden from attention: checkpoints whose first norm runs over time were trained without a mask.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">A value is of another type.</exception>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The clips would be too short for a single feature.</exception>
    public static (WaveformSpec Input, bool IsMasked) Read(HubertOptions options, HubertArchitecture sizes)
    {
        var (rate, normalises, isMasked) = (SampleRate, true, sizes.FeatExtractNorm == FeatureNorm.Layer);
        if (options.Checkpoint is { } folder && File.Exists(Path.Combine(folder, FileName)))
        {
            var config = HuggingFaceConfig.Open(folder, FileName);
            rate = config.Integer("sampling_rate", SampleRate);
            if (rate <= 0) throw config.Fault("sampling_rate", "must be above 0");
            normalises = config.Flag("do_normalize", true);
            isMasked = config.Flag("return_attention_mask", isMasked);
        }

        var samples = Math.Round(options.Seconds * rate);
        if (samples > int.MaxValue / 2) throw OptionSource.Error(options, nameof(options.Seconds), $"is too long for {rate} samples a second");
        if (sizes.Frames((int)samples) == 0) throw OptionSource.Error(options, nameof(options.Seconds), "is too short for a single feature");
        return (new WaveformSpec(rate, (int)samples, normalises, options.LongClips), isMasked);
    }
}
