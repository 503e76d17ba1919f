using TrainMm.Core.Config;
using TrainMm.Core.Roles;

namespace TrainMm.Models.Encoders.Whisper;

/// <summary>Whisper's encoder.</summary>
public sealed class WhisperOptions : IValidatable
{
    /// <summary>A folder in Hugging Face's layout: config.json, preprocessor_config.json and model.safetensors. A whole Whisper's folder will do; its decoder is left aside.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public WhisperArchitecture? Architecture { get; init; }

    /// <summary>What becomes of a clip that is longer than the encoder takes (30 s as published).</summary>
    public LongClips LongClips { get; init; } = LongClips.Fail;

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        if (Checkpoint is null == Architecture is null) checks.Error(nameof(Checkpoint), "give either a checkpoint or an architecture");
    }
}
