using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.ClipText;
using TrainMm.Models.Generators.Diffusion;
using TrainMm.Models.Generators.Diffusion.Noise;
using TrainMm.Models.Generators.Diffusion.Samplers;
using TrainMm.Models.Generators.Diffusion.Unet;
using TrainMm.Models.Generators.Diffusion.Vae;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.StableDiffusion;

/// <summary>
/// Stable Diffusion 1 and 2 (latent diffusion, arXiv:2112.10752): CLIP's text transformer makes the condition, a UNet takes the noise from latents, an autoencoder turns them into
/// images. The parameters have diffusers' names behind <c>unet.</c>, <c>vae.</c> and <c>text_encoder.</c>.
/// </summary>
public sealed class StableDiffusionGenerator : NamedModule, IGenerator
{
    private readonly ClipTextModel text;
    private readonly VaeModel vae;
    private readonly UnetModel unet;
    private readonly LatentDiffusion diffusion;
    private readonly Func<int, ISampler> sampler;
    private readonly VaeArchitecture images;
    private readonly ImageSpec target;
    private readonly (ScalarType Dtype, Device Device) place;

    private StableDiffusionGenerator(StableDiffusionOptions options, StableDiffusionArchitecture sizes, Func<int, ISampler> sampler, ModuleScope scope)
        : base(nameof(StableDiffusionGenerator))
    {
        images = sizes.Vae;
        place = (scope.Dtype, scope.Device);
        text = Add("text_encoder", new ClipTextModel(sizes.TextEncoder, scope.Child("text_encoder")));
        vae = Add("vae", new VaeModel(sizes.Vae, scope.Child("vae")));
        unet = Add("unet", new UnetModel(sizes.Unet, scope.Child("unet")));
        diffusion = new LatentDiffusion(new NoiseSchedule(sizes.Scheduler), (latents, timesteps, condition) => unet.Forward(latents.CastTo(place.Dtype), timesteps, condition.CastTo(place.Dtype)));
        this.sampler = sampler;
        var side = options.ImageSize ?? (sizes.Unet.SampleSize * sizes.Vae.Reduction);
        var half = new ChannelStatistics(0.5, 0.5, 0.5);
        target = new ImageSpec(side, side, ImageFit.CenterCrop, Resampling.Bilinear, half, half);
        Sampler = new SamplerSpec(50, 7.5, sizes.Scheduler.NumTrainTimesteps);
        Conditioning = new FeatureSpec(sizes.TextEncoder.MaxPositionEmbeddings, sizes.TextEncoder.HiddenSize);
        Captions = new CaptionSpec(options.Tokenizer ?? DiffusersFolder.Within(options.Checkpoint, "tokenizer"), sizes.TextEncoder.MaxPositionEmbeddings, sizes.TextEncoder.VocabSize);
    }

    /// <inheritdoc/>
    public MediaSpec Target => target;

    /// <inheritdoc/>
    public int Rate => 0;

    /// <inheritdoc/>
    public SamplerSpec Sampler { get; }

    /// <inheritdoc/>
    public FeatureSpec Conditioning { get; }

    /// <inheritdoc/>
    public CaptionSpec Captions { get; }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>Builds the generator and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">An option does not fit the sizes, or the checkpoint does not.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static StableDiffusionGenerator Create(StableDiffusionOptions options, GeneratorContext context)
    {
        var sizes = options.Architecture ?? StableDiffusionArchitecture.Read(options.Checkpoint!);
        if (options.ImageSize is { } side && side % sizes.Vae.Reduction != 0)
            throw OptionSource.Error(options, nameof(options.ImageSize), $"is {side}, no multiple of {sizes.Vae.Reduction}, the pixels of a latent's side");
        var generator = new StableDiffusionGenerator(options, sizes, DiffusersFolder.SamplerOf(options, sizes.Scheduler), context.Scope);
        if (options.Checkpoint is null)
        {
            RandomWeights.Linear(context.Scope, context.Seed);
            return generator;
        }

        DiffusersFolder.Load(context.Scope, options, "unet", UnetModel.Layout("unet."));
        DiffusersFolder.Load(context.Scope, options, "vae", VaeModel.Layouts(context.Scope.Parameters.Keys, "vae."));
        DiffusersFolder.Load(context.Scope, options, "text_encoder", new KeyMap("CLIPTextModel", [new("text_model.", "text_encoder.text_model.")], [".position_ids"]));
        return generator;
    }

    /// <inheritdoc/>
    public Tensor Condition(Tensor captions) => text.Forward(captions);

    /// <inheritdoc/>
    public Tensor Encode(Tensor media)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return vae.Encode(media.CastTo(place.Dtype)).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Loss(Tensor condition, Tensor encoded, IReadOnlyList<long> keys) => diffusion.Loss(condition, encoded, images.ScalingFactor, keys);

    /// <inheritdoc/>
    public Tensor Sample(SampleRequest request)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        long[] shape = [images.LatentChannels, target.Height / images.Reduction, target.Width / images.Reduction];
        var latents = diffusion.Sample(request, sampler(request.Steps), shape, place.Device);               // [B, 4, h, w]
        var pixels = vae.Decode(latents.div(images.ScalingFactor).CastTo(place.Dtype)).to_type(ScalarType.Float32);    // [B, 3, H, W]
        return pixels.div(2).add(0.5).clamp(0, 1).mul(255).round().to_type(ScalarType.Byte).cpu().MoveToOuterDisposeScope();
    }
}
