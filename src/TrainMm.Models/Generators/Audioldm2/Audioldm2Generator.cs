using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.ClapText;
using TrainMm.Models.Generators.Diffusion;
using TrainMm.Models.Generators.Diffusion.Noise;
using TrainMm.Models.Generators.Diffusion.Samplers;
using TrainMm.Models.Generators.Diffusion.Unet;
using TrainMm.Models.Generators.Diffusion.Vae;
using TrainMm.Models.Generators.HifiGan;
using TrainMm.Models.LanguageModels.Gpt2;
using TrainMm.Models.LanguageModels.T5;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Audioldm2;

/// <summary>
/// AudioLDM 2 (arXiv:2308.05734): captions become the language of audio (<see cref="Audioldm2Text"/>), a UNet that sees it and T5's states takes the noise from latents, an autoencoder turns them
/// into a log-mel spectrogram and HiFi-GAN that into a waveform. The parameters lie behind the names of diffusers' folders: <c>unet.</c>, <c>vae.</c>, <c>vocoder.</c>, ...
/// </summary>
public sealed class Audioldm2Generator : NamedModule, IGenerator
{
    private readonly Audioldm2Architecture sizes;
    private readonly Audioldm2Text text;
    private readonly VaeModel vae;
    private readonly UnetModel unet;
    private readonly HifiGanModel vocoder;
    private readonly LatentDiffusion diffusion;
    private readonly Func<int, ISampler> sampler;
    private readonly VocoderMelSpec target;
    private readonly (ScalarType Dtype, Device Device) place;

    private Audioldm2Generator(Audioldm2Options options, Audioldm2Architecture sizes, VocoderMelSpec target, Func<int, ISampler> sampler, ModuleScope scope)
        : base(nameof(Audioldm2Generator))
    {
        (this.sizes, this.target, this.sampler) = (sizes, target, sampler);
        place = (scope.Dtype, scope.Device);
        text = new Audioldm2Text(
            sizes,
            options.CaptionTokens,
            Add("text_encoder", new ClapTextModel(sizes.Clap, scope.Child("text_encoder"))),
            Add("text_encoder_2", new T5TextEncoder(sizes.T5, scope.Child("text_encoder_2"))),
            Add("projection_model", new Audioldm2Projection(sizes.Clap.ProjectionDim, sizes.T5.DModel, sizes.LanguageModel.NEmbd, scope.Child("projection_model"))),
            Add("language_model", new Gpt2Model(sizes.LanguageModel, scope.Child("language_model"))));
        vae = Add("vae", new VaeModel(sizes.Vae, scope.Child("vae")));
        unet = Add("unet", new UnetModel(sizes.Unet, scope.Child("unet")));
        vocoder = Add("vocoder", new HifiGanModel(sizes.Vocoder, scope.Child("vocoder")));
        diffusion = new LatentDiffusion(new NoiseSchedule(sizes.Scheduler), (latents, timesteps, condition) => unet.Forward(latents.CastTo(place.Dtype), timesteps, text.Contexts(condition.CastTo(place.Dtype))));
        var words = new CaptionSpec(options.T5Tokenizer ?? DiffusersFolder.Within(options.Checkpoint, "tokenizer_2"), options.CaptionTokens, sizes.T5.VocabSize, sizes.T5.PadTokenId);
        Captions = new CaptionSpec(options.ClapTokenizer ?? DiffusersFolder.Within(options.Checkpoint, "tokenizer"), options.CaptionTokens, sizes.Clap.VocabSize, sizes.Clap.PadTokenId, words);
    }

    /// <inheritdoc/>
    public MediaSpec Target => target;

    /// <inheritdoc/>
    public int Rate => target.SampleRate;

    /// <inheritdoc/>
    public SamplerSpec Sampler => new(200, 3.5, sizes.Scheduler.NumTrainTimesteps);

    /// <inheritdoc/>
    public FeatureSpec Conditioning => text.Conditioning;

    /// <inheritdoc/>
    public CaptionSpec Captions { get; }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>Builds the generator and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">An option does not fit the sizes, or the checkpoint does not.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static Audioldm2Generator Create(Audioldm2Options options, GeneratorContext context)
    {
        var architecture = options.Architecture ?? Audioldm2Architecture.Read(options.Checkpoint!);
        var generator = new Audioldm2Generator(options, architecture, TargetOf(options, architecture), DiffusersFolder.SamplerOf(options, architecture.Scheduler), context.Scope);
        if (options.Checkpoint is null)
        {
            RandomWeights.Linear(context.Scope, context.Seed);
            generator.vocoder.ResetStatistics();
            return generator;
        }

        Load("text_encoder", ClapTextModel.Layout(architecture.Clap, "text_encoder."));
        Load("text_encoder_2", [.. T5TextEncoder.Layouts("text_encoder_2.")]);
        Load("projection_model", new KeyMap("AudioLDM2ProjectionModel", [new("", "projection_model.")], []));
        Load("language_model", Gpt2Layout.WithoutHead("language_model."));
        Load("unet", UnetModel.Layout("unet."));
        Load("vae", [.. VaeModel.Layouts(context.Scope.Parameters.Keys, "vae.")]);
        Load("vocoder", HifiGanModel.Layout("vocoder."));
        return generator;

        void Load(string part, params KeyMap[] layouts) => DiffusersFolder.Load(context.Scope, options, part, layouts);
    }

    /// <inheritdoc/>
    public Tensor Condition(Tensor captions) => text.Condition(captions);

    /// <summary>The autoencoder's moments of spectrograms.</summary>
    /// <param name="media">[B, M, T] float32.</param>
    /// <returns>[B, 2 · channels, T / 4, M / 4] float32 at the published sizes.</returns>
    public Tensor Encode(Tensor media)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var images = media.CastTo(place.Dtype).transpose(1, 2).unsqueeze(1);                                  // [B, 1, T, M]
        return vae.Encode(images).to_type(ScalarType.Float32).MoveToOuterDisposeScope();                      // [B, 2 · channels, h, w]
    }

    /// <inheritdoc/>
    public Tensor Loss(Tensor condition, Tensor encoded, IReadOnlyList<long> keys) => diffusion.Loss(condition, encoded, sizes.Vae.ScalingFactor, keys);

    /// <inheritdoc/>
    public Tensor Sample(SampleRequest request)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        long[] shape = [sizes.Vae.LatentChannels, target.Frames / sizes.Vae.Reduction, target.MelBins / sizes.Vae.Reduction];
        var latents = diffusion.Sample(request, sampler(request.Steps), shape, place.Device);                 // [B, channels, h, w]
        var spectrograms = vae.Decode(latents.div(sizes.Vae.ScalingFactor).CastTo(place.Dtype)).squeeze(1);   // [B, T, M]
        var sounds = vocoder.Forward(spectrograms).narrow(1, 0, target.Samples);                              // [B, S]
        return sounds.to_type(ScalarType.Float32).cpu().MoveToOuterDisposeScope();
    }

    private static VocoderMelSpec TargetOf(Audioldm2Options options, Audioldm2Architecture sizes)
    {
        var (hop, frames) = (sizes.Vocoder.SamplesPerFrame, options.Frames ?? (sizes.Unet.SampleSize * sizes.Vae.Reduction));
        if (frames % sizes.Vae.Reduction != 0)
            throw OptionSource.Error(options, nameof(options.Frames), $"is {frames}, no multiple of {sizes.Vae.Reduction}, the columns of a latent's side");
        if (options.FftLength < hop || (options.FftLength - hop) / 2 >= frames * hop)
            throw OptionSource.Error(options, nameof(options.FftLength), $"is {options.FftLength}: a window is at least as long as the {hop} samples of a frame, and what it overhangs by shorter than the {frames * hop} samples of a sound");
        if (options.CaptionTokens > sizes.Clap.LongestText)
            throw OptionSource.Error(options, nameof(options.CaptionTokens), $"is {options.CaptionTokens}, CLAP's text tower takes {sizes.Clap.LongestText}");
        if (options.CaptionTokens + Audioldm2Text.Marks + sizes.MaxNewTokens - 1 > sizes.LanguageModel.NPositions)
            throw OptionSource.Error(options, nameof(options.CaptionTokens), $"is {options.CaptionTokens}, which with {Audioldm2Text.Marks} marks and {sizes.MaxNewTokens} vectors is more than the {sizes.LanguageModel.NPositions} positions of the language model");
        return new VocoderMelSpec(sizes.Vocoder.SamplingRate, frames * hop, sizes.Vocoder.ModelInDim, options.FftLength, hop, Level: true, options.LongClips);
    }
}
