using TrainMm.Core.Config;
using TrainMm.Core.Roles;

namespace TrainMm.Models.Encoders.Hubert;

/// <summary>HuBERT, speech from the waveform.</summary>
public sealed class HubertOptions : IValidatable
{
    /// <summary>A folder in Hugging Face's layout: config.json, preprocessor_config.json and model.safetensors.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public HubertArchitecture? Architecture { get; init; }

    /// <summary>How long a clip may be; shorter ones are padded with silence to this, and all become as many features (50 a second as published).</summary>
    [Above(0)]
    public double Seconds { get; init; } = 10;

    /// <summary>What becomes of a longer clip.</summary>
    public LongClips LongClips { get; init; } = LongClips.Fail;

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        if (Checkpoint is null == Architecture is null) checks.Error(nameof(Checkpoint), "give either a checkpoint or an architecture");
    }
}
