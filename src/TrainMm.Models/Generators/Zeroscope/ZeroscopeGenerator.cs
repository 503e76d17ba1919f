using TrainMm.Core.Roles;
using TrainMm.Models.Generators.Diffusion;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Zeroscope;

/// <summary>
/// Zeroscope v2, which is ModelScopeT2V (arXiv:2308.06571) tuned on wide videos: Stable Diffusion 2 whose UNet's frames see each other. The autoencoder knows nothing of time: it reads and
/// writes one frame after the other, so that it needs no more memory than for a picture.
/// </summary>
public sealed class ZeroscopeGenerator : ClipDiffusionGenerator
{
    private readonly VideoSpec target;

    private ZeroscopeGenerator(ZeroscopeOptions options, ZeroscopeArchitecture sizes, GeneratorContext context)
        : base(nameof(ZeroscopeGenerator), options, sizes, (Steps: 40, GuidanceScale: 9), context)
    {
        // Squeezed to the size, not cropped: 16 by 9 is not quite 576 by 320, and a crop after the shorter edge would leave black margins.
        target = new VideoSpec(new ImageSpec(options.Height, options.Width, ImageFit.Squash, Resampling.Bilinear, Half, Half), options.Frames);
        Rate = options.FramesPerSecond;
    }

    /// <inheritdoc/>
    public override MediaSpec Target => target;

    /// <inheritdoc/>
    public override int Rate { get; }

    /// <summary>Builds the generator and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">An option does not fit the sizes, or the checkpoint does not.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static ZeroscopeGenerator Create(ZeroscopeOptions options, GeneratorContext context)
    {
        var sizes = options.Architecture ?? ZeroscopeArchitecture.Read(options.Checkpoint!);
        CheckSide(options, nameof(options.Height), options.Height, sizes.Vae);
        CheckSide(options, nameof(options.Width), options.Width, sizes.Vae);
        return new ZeroscopeGenerator(options, sizes, context);
    }

    /// <summary>[B, F, 3, H, W] float32 in ±1 → [B, 2 · channels, F, h, w] float32.</summary>
    public override Tensor Encode(Tensor media)
    {
        using var scope = NewDisposeScope();
        var moments = EachFrame(media.flatten(0, 1), EncodePictures);                                // [B · F, 2 · channels, h, w]
        return moments.unflatten(0, [-1, media.shape[1]]).transpose(1, 2).contiguous().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Sample(SampleRequest request)
    {
        using var scope = NewDisposeScope();
        var latents = DrawLatents(request, target.Frame.Height, target.Frame.Width, target.Frames);  // [B, channels, F, h, w]
        var frames = EachFrame(latents.transpose(1, 2).flatten(0, 1), DecodePictures);               // [B · F, 3, H, W]
        return frames.unflatten(0, [-1, target.Frames]).MoveToOuterDisposeScope();                   // [B, F, 3, H, W]
    }

    private static Tensor EachFrame(Tensor frames, Func<Tensor, Tensor> use) => cat([.. Enumerable.Range(0, (int)frames.shape[0]).Select(i => use(frames.narrow(0, i, 1)))], 0);
}
