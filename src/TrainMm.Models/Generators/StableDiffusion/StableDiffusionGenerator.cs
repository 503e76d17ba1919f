using TrainMm.Core.Roles;
using TrainMm.Models.Generators.Diffusion;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.StableDiffusion;

/// <summary>Stable Diffusion 1 and 2 (latent diffusion, arXiv:2112.10752): square images.</summary>
public sealed class StableDiffusionGenerator : ClipDiffusionGenerator, ILatentDiffusionGenerator
{
    private readonly ImageSpec target;

    private StableDiffusionGenerator(StableDiffusionOptions options, StableDiffusionArchitecture sizes, GeneratorContext context)
        : base(nameof(StableDiffusionGenerator), options, sizes, (Steps: 50, GuidanceScale: 7.5), context)
    {
        Sizes = sizes;
        var side = options.ImageSize ?? (sizes.Unet.SampleSize * sizes.Vae.Reduction);
        target = new ImageSpec(side, side, ImageFit.CenterCrop, Resampling.Bilinear, Half, Half);
    }

    /// <summary>The sizes of its parts.</summary>
    public StableDiffusionArchitecture Sizes { get; }

    /// <inheritdoc/>
    public override MediaSpec Target => target;

    /// <inheritdoc/>
    public override int Rate => 0;

    /// <inheritdoc/>
    public bool IsAutoencoderFrozen => IsVaeFrozen;

    /// <summary>Builds the generator and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">An option does not fit the sizes, or the checkpoint does not.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static StableDiffusionGenerator Create(StableDiffusionOptions options, GeneratorContext context)
    {
        var sizes = options.Architecture ?? StableDiffusionArchitecture.Read(options.Checkpoint!);
        if (options.ImageSize is { } side) CheckSide(options, nameof(options.ImageSize), side, sizes.Vae);
        return new StableDiffusionGenerator(options, sizes, context);
    }

    /// <inheritdoc/>
    public override Tensor Encode(Tensor media) => EncodePictures(media);

    /// <inheritdoc/>
    public Reconstruction Reconstruct(Tensor media, IReadOnlyList<long> keys) => ReconstructPictures(media, keys);

    /// <inheritdoc/>
    public Tensor Pool(Tensor condition, Tensor captions) => PoolCaptions(condition, captions);

    /// <inheritdoc/>
    public override Tensor Sample(SampleRequest request)
    {
        using var latents = DrawLatents(request, target.Height, target.Width);                       // [B, channels, h, w]
        return DecodePictures(latents);                                                              // [B, 3, H, W]
    }
}
