using TrainMm.Core.Config;
using TrainMm.Core.Roles;

namespace TrainMm.Models.Encoders.Beats;

/// <summary>BEATs, sounds of all kinds from their spectrogram.</summary>
public sealed class BeatsOptions
{
    /// <summary>A published checkpoint (BEATs_iter3_plus_AS2M.pt, or the same tensors as safetensors); null is random weights.</summary>
    [PathValue(PathRule.Existing)]
    public string? Checkpoint { get; init; }

    /// <summary>The sizes: a checkpoint's <c>cfg</c> is not read, and what does not fit is an error.</summary>
    public BeatsArchitecture Architecture { get; init; } = new();

    /// <summary>How long a clip may be; shorter ones are padded with silence to this, and all become as many features.</summary>
    [Above(0)]
    public double Seconds { get; init; } = 10;

    /// <summary>What becomes of a longer clip.</summary>
    public LongClips LongClips { get; init; } = LongClips.Fail;
}
