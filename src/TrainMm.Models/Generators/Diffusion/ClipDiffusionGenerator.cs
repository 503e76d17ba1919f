using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.ClipText;
using TrainMm.Models.Generators.Diffusion.Noise;
using TrainMm.Models.Generators.Diffusion.Samplers;
using TrainMm.Models.Generators.Diffusion.Unet;
using TrainMm.Models.Generators.Diffusion.Vae;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Diffusion;

/// <summary>
/// A latent diffusion model (arXiv:2112.10752) whose condition CLIP's text transformer makes: a UNet takes the noise from latents, an autoencoder turns them into pictures.
/// The parameters have diffusers' names behind <c>unet.</c>, <c>vae.</c> and <c>text_encoder.</c>.
/// </summary>
public abstract class ClipDiffusionGenerator : NamedModule, IGenerator
{
    private readonly ClipTextModel text;
    private readonly VaeModel vae;
    private readonly LatentDiffusion diffusion;
    private readonly Func<int, ISampler> sampler;
    private readonly VaeArchitecture pictures;
    private readonly (ScalarType Dtype, Device Device) place;

    /// <summary>Builds the parts and gives their parameters values.</summary>
    /// <param name="name">The class name in messages.</param>
    /// <param name="options">The generator's options.</param>
    /// <param name="sizes">The parts' sizes.</param>
    /// <param name="usual">Steps and guidance that the publishers take.</param>
    /// <param name="context">What is known when it is built.</param>
    /// <exception cref="Core.Diagnostics.ConfigurationException">An option does not fit the sizes, or the checkpoint does not.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    private protected ClipDiffusionGenerator(string name, ClipDiffusionOptions options, ClipDiffusionArchitecture sizes, (int Steps, double GuidanceScale) usual, GeneratorContext context)
        : base(name)
    {
        var scope = context.Scope;
        pictures = sizes.Vae;
        place = (scope.Dtype, scope.Device);
        sampler = DiffusersFolder.SamplerOf(options, sizes.Scheduler);
        text = Add("text_encoder", new ClipTextModel(sizes.TextEncoder, scope.Child("text_encoder")));
        vae = Add("vae", new VaeModel(sizes.Vae, scope.Child("vae")));
        var unet = Add("unet", new UnetModel(sizes.UnetSizes, scope.Child("unet")));
        diffusion = new LatentDiffusion(new NoiseSchedule(sizes.Scheduler), (latents, timesteps, condition) => unet.Forward(latents.CastTo(place.Dtype), timesteps, condition.CastTo(place.Dtype)));
        Sampler = new SamplerSpec(usual.Steps, usual.GuidanceScale, sizes.Scheduler.NumTrainTimesteps);
        Conditioning = new FeatureSpec(sizes.TextEncoder.MaxPositionEmbeddings, sizes.TextEncoder.HiddenSize);
        Captions = new CaptionSpec(options.Tokenizer ?? DiffusersFolder.Within(options.Checkpoint, "tokenizer"), sizes.TextEncoder.MaxPositionEmbeddings, sizes.TextEncoder.VocabSize);
        if (options.Checkpoint is null)
        {
            RandomWeights.Linear(scope, context.Seed);
            return;
        }

        DiffusersFolder.Load(scope, options, "unet", UnetModel.Layout("unet."));
        DiffusersFolder.Load(scope, options, "vae", VaeModel.Layouts(scope.Parameters.Keys, "vae."));
        DiffusersFolder.Load(scope, options, "text_encoder", new KeyMap("CLIPTextModel", [new("text_model.", "text_encoder.text_model.")], [".position_ids"]));
    }

    /// <inheritdoc/>
    public abstract MediaSpec Target { get; }

    /// <inheritdoc/>
    public abstract int Rate { get; }

    /// <inheritdoc/>
    public SamplerSpec Sampler { get; }

    /// <inheritdoc/>
    public FeatureSpec Conditioning { get; }

    /// <inheritdoc/>
    public CaptionSpec Captions { get; }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>How the autoencoder wants a picture: values in ±1.</summary>
    private protected static ChannelStatistics Half { get; } = new(0.5, 0.5, 0.5);

    /// <summary>Whether the run trains no parameter of the autoencoder.</summary>
    private protected bool IsVaeFrozen => vae.parameters().All(parameter => !parameter.requires_grad);

    /// <inheritdoc/>
    public Tensor Condition(Tensor captions) => text.Forward(captions);

    /// <inheritdoc/>
    public abstract Tensor Encode(Tensor media);

    /// <inheritdoc/>
    public Tensor Loss(Tensor condition, Tensor encoded, IReadOnlyList<long> keys) => diffusion.Loss(condition, encoded, pictures.ScalingFactor, keys);

    /// <inheritdoc/>
    public abstract Tensor Sample(SampleRequest request);

    /// <summary>Refuses a number of pixels that is no whole number of latents.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">It is none.</exception>
    private protected static void CheckSide(object options, string property, int pixels, VaeArchitecture pictures)
    {
        if (pixels % pictures.Reduction != 0) throw OptionSource.Error(options, property, $"is {pixels}, no multiple of {pictures.Reduction}, the pixels of a latent's side");
    }

    /// <summary>[N, 3, H, W] → [N, 2 · channels, h, w] float32, without a graph: the latents' means and logarithms of variances.</summary>
    private protected Tensor EncodePictures(Tensor media)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return vae.Encode(media.CastTo(place.Dtype)).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>[N, 3, H, W] through the autoencoder, with the gradient; a picture's latents are drawn by its key.</summary>
    /// <exception cref="ArgumentException">The numbers of pictures and keys differ.</exception>
    private protected Reconstruction ReconstructPictures(Tensor media, IReadOnlyList<long> keys)
    {
        if (media.shape[0] != keys.Count) throw new ArgumentException($"There are {media.shape[0]} media and {keys.Count} keys.", nameof(keys));
        using var scope = NewDisposeScope();
        var posterior = new LatentPosterior(vae.Encode(media.CastTo(place.Dtype)).to_type(ScalarType.Float32));
        var latents = posterior.Draw(LatentDiffusion.NoiseOf(keys, posterior.Mean.shape[1..], place.Device));  // [N, channels, h, w]
        var made = vae.Decode(latents.CastTo(place.Dtype)).to_type(ScalarType.Float32);                        // [N, 3, H, W]
        return new Reconstruction(made.MoveToOuterDisposeScope(), posterior.Divergence().MoveToOuterDisposeScope());
    }

    /// <summary>[N, C, Dg] → [N, Dg]: each caption's state at its end token.</summary>
    private protected Tensor PoolCaptions(Tensor condition, Tensor captions) => text.Pool(condition, captions);

    /// <summary>Draws latents: [B, channels, ..., h, w] float32, not scaled.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="height">Of the pictures.</param>
    /// <param name="width">Of the pictures.</param>
    /// <param name="frames">What stands between channels and height; nothing for pictures that stand alone.</param>
    private protected Tensor DrawLatents(SampleRequest request, int height, int width, params long[] frames)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var drawn = diffusion.Sample(request, sampler(request.Steps), [pictures.LatentChannels, .. frames, height / pictures.Reduction, width / pictures.Reduction], place.Device);
        return drawn.div(pictures.ScalingFactor).MoveToOuterDisposeScope();
    }

    /// <summary>[N, channels, h, w] → [N, 3, H, W] uint8, on the CPU, without a graph.</summary>
    private protected Tensor DecodePictures(Tensor latents)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var pixels = vae.Decode(latents.CastTo(place.Dtype)).to_type(ScalarType.Float32);            // [N, 3, H, W]
        return pixels.div(2).add(0.5).clamp(0, 1).mul(255).round().to_type(ScalarType.Byte).cpu().MoveToOuterDisposeScope();
    }
}
