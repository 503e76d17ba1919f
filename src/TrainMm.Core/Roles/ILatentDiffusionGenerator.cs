using static TorchSharp.torch;

namespace TrainMm.Core.Roles;

/// <summary>A generator whose own parts can be trained: an autoencoder around the diffusion process, and a text encoder that makes the condition (arXiv:2112.10752, sections 3.1 and 3.3).</summary>
public interface ILatentDiffusionGenerator : IGenerator
{
    /// <summary>Whether the run trains no parameter of the autoencoder, so that <see cref="IGenerator.Encode"/> gives the same at every step.</summary>
    bool IsAutoencoderFrozen { get; }

    /// <summary>Media through the autoencoder, with the gradient: latents are drawn from what the encoder says of each medium, by its key alone.</summary>
    /// <param name="media">[B, ...] float32, as <see cref="IGenerator.Target"/> says.</param>
    /// <param name="keys">B keys of random numbers.</param>
    /// <exception cref="ArgumentException">The numbers of media and keys differ.</exception>
    Reconstruction Reconstruct(Tensor media, IReadOnlyList<long> keys);

    /// <summary>Each caption as one vector, [B, Dg], as the text encoder's contrast with pictures has it.</summary>
    /// <param name="condition">[B, C, Dg], what <see cref="IGenerator.Condition"/> made of the captions.</param>
    /// <param name="captions">[B, C] int64.</param>
    Tensor Pool(Tensor condition, Tensor captions);
}

/// <summary>What an autoencoder made of media.</summary>
/// <param name="Media">[B, ...] float32, of the media's shape.</param>
/// <param name="Divergence">[B] float32, nats from the latents' distribution to a standard normal.</param>
public sealed record Reconstruction(Tensor Media, Tensor Divergence);
