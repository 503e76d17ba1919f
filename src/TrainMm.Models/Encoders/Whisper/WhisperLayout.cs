using TrainMm.Core.Weights;

namespace TrainMm.Models.Encoders.Whisper;

/// <summary>Where the encoder's tensors are found in published checkpoints.</summary>
internal static class WhisperLayout
{
    private const string Own = "model.encoder.";

    private static readonly (string Name, string Prefix)[] Homes = [("WhisperForConditionalGeneration", Own), ("WhisperModel", "encoder."), ("WhisperEncoder", "")];

    /// <summary>The known layouts; the decoder is left aside.</summary>
    public static KeyMap[] All { get; } =
    [
        .. Homes.Select(home => new KeyMap(home.Name, [new("model.decoder.", null), new("decoder.", null), new("proj_out.", null), new(home.Prefix, Own)], [])),
    ];
}
