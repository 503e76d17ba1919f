using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models.Generators.Diffusion;
using TrainMm.Models.Generators.Diffusion.Samplers;

namespace TrainMm.Models.Generators.Audioldm2;

/// <summary>AudioLDM 2, which makes sounds.</summary>
public sealed class Audioldm2Options : DiffusionOptions
{
    /// <summary>
    /// A folder in diffusers' layout: <c>text_encoder</c> (a CLAP, of which the text tower is taken), <c>text_encoder_2</c>, <c>projection_model</c>, <c>language_model</c>, <c>unet</c>, <c>vae</c>,
    /// <c>vocoder</c> and <c>scheduler</c> with their config.json and weights, <c>tokenizer</c> and <c>tokenizer_2</c>.
    /// </summary>
    [PathValue(PathRule.ExistingFolder)]
    public override string? Checkpoint { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public Audioldm2Architecture? Architecture { get; init; }

    /// <summary>CLAP's tokenizer, a file or a folder; null is the checkpoint's <c>tokenizer</c>.</summary>
    [PathValue(PathRule.Existing)]
    public string? ClapTokenizer { get; init; }

    /// <summary>T5's tokenizer, a file or a folder; null is the checkpoint's <c>tokenizer_2</c>.</summary>
    [PathValue(PathRule.Existing)]
    public string? T5Tokenizer { get; init; }

    /// <summary>Tokens of a caption for either text encoder; of a longer one the end is cut off. As many rows of the condition are T5's states, which an output projector has to make.</summary>
    [AtLeast(2)]
    public int CaptionTokens { get; init; } = 64;

    /// <summary>T, columns of a sound's spectrogram, of 10 ms each at the published sizes; null is what the UNet was made for, 10.24 s.</summary>
    [AtLeast(1)]
    public int? Frames { get; init; }

    /// <summary>Samples of the window of the spectrograms that the autoencoder learnt; the published folder does not say, AudioLDM's training code does.</summary>
    [AtLeast(2)]
    public int FftLength { get; init; } = 1024;

    /// <summary>What becomes of a clip that is longer than the sounds that are made.</summary>
    public LongClips LongClips { get; init; } = LongClips.Fail;

    /// <inheritdoc/>
    internal override bool HasArchitecture => Architecture is not null;

    /// <inheritdoc/>
    internal override SamplerKind UsualSampler => SamplerKind.Ddim;
}
