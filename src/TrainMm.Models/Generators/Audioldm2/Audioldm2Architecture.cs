using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.ClapText;
using TrainMm.Models.Generators.Diffusion;
using TrainMm.Models.Generators.Diffusion.Noise;
using TrainMm.Models.Generators.Diffusion.Unet;
using TrainMm.Models.Generators.Diffusion.Vae;
using TrainMm.Models.Generators.HifiGan;
using TrainMm.Models.LanguageModels.Gpt2;
using TrainMm.Models.LanguageModels.T5;

namespace TrainMm.Models.Generators.Audioldm2;

/// <summary>The sizes of AudioLDM 2's parts; the defaults are those of cvssp/audioldm2.</summary>
public sealed class Audioldm2Architecture : IValidatable
{
    /// <summary>CLAP's text tower (<c>text_encoder</c>).</summary>
    public ClapTextArchitecture Clap { get; init; } = new();

    /// <summary>Flan-T5's encoder (<c>text_encoder_2</c>).</summary>
    public T5Architecture T5 { get; init; } = new() { DModel = 1024, DFf = 2816, NumLayers = 24, NumHeads = 16, FeedForwardProj = "gated-gelu", TieWordEmbeddings = false };

    /// <summary>The prior, a GPT-2 (<c>language_model</c>).</summary>
    public Gpt2Architecture LanguageModel { get; init; } = new();

    /// <summary>Vectors that the prior makes of a caption.</summary>
    [AtLeast(1)]
    public int MaxNewTokens { get; init; } = 8;

    /// <summary>The UNet's.</summary>
    public UnetArchitecture Unet { get; init; } = new()
    {
        SampleSize = 256,
        InChannels = 8,
        OutChannels = 8,
        BlockOutChannels = [128, 256, 384, 640],
        DownBlockTypes = [UnetArchitecture.PlainDown, UnetArchitecture.AttendingDown, UnetArchitecture.AttendingDown, UnetArchitecture.AttendingDown],
        UpBlockTypes = [UnetArchitecture.AttendingUp, UnetArchitecture.AttendingUp, UnetArchitecture.AttendingUp, UnetArchitecture.PlainUp],
        TransformerConditions = [0, 768, 1024],
    };

    /// <summary>The autoencoder's, of spectrograms.</summary>
    public VaeArchitecture Vae { get; init; } = new()
    {
        InChannels = 1,
        OutChannels = 1,
        LatentChannels = 8,
        BlockOutChannels = [128, 256, 512],
        DownBlockTypes = ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
        UpBlockTypes = ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"],
        SampleSize = 1024,
        ScalingFactor = 0.4110932946205139,
    };

    /// <summary>The vocoder's.</summary>
    public HifiGanArchitecture Vocoder { get; init; } = new();

    /// <summary>The noise.</summary>
    public NoiseScheduleOptions Scheduler { get; init; } = new() { BetaStart = 0.0015, BetaEnd = 0.0195 };

    /// <summary>Dg, the width of a condition's rows: the widest that the UNet sees.</summary>
    internal int ConditionWidth => Math.Max(LanguageModel.NEmbd, T5.DModel);

    /// <summary>Reads a folder in diffusers' layout.</summary>
    /// <exception cref="CheckpointException">A part is missing, is not known here, or does not fit the others.</exception>
    public static Audioldm2Architecture Read(string folder)
    {
        var languageModel = DiffusersFolder.Config(folder, "language_model");
        var read = new Audioldm2Architecture
        {
            Clap = ClapTextArchitecture.Read(DiffusersFolder.Config(folder, "text_encoder")),
            T5 = T5Architecture.Read(DiffusersFolder.Config(folder, "text_encoder_2")),
            LanguageModel = Gpt2Architecture.Read(languageModel),
            MaxNewTokens = languageModel.Integer("max_new_tokens", 8),
            Unet = UnetConfig.Read(DiffusersFolder.Config(folder, "unet")),
            Vae = VaeArchitecture.Read(DiffusersFolder.Config(folder, "vae")),
            Vocoder = HifiGanArchitecture.Read(DiffusersFolder.Config(folder, "vocoder")),
            Scheduler = DiffusersFolder.Scheduler(folder),
        };
        foreach (var (property, message) in read.Problems()) throw new CheckpointException($"{folder}: '{OptionName.Of(property)}' {message}.");
        read.Check(DiffusersFolder.Config(folder, "projection_model"));
        return read;
    }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        foreach (var (property, message) in Problems()) checks.Error(property, message);
    }

    /// <summary>The projection's own configuration only says again what its neighbours do, its third key misspelt.</summary>
    private void Check(HuggingFaceConfig projection)
    {
        foreach (var (key, width) in ((string, int)[])[("text_encoder_dim", Clap.ProjectionDim), ("text_encoder_1_dim", T5.DModel), ("langauge_model_dim", LanguageModel.NEmbd)])
            if (projection.Integer(key, width) is var said && said != width) throw projection.Fault(key, $"is {said}, the part beside it has {width}");
        foreach (var key in (string[])["use_learned_position_embedding", "max_seq_length"])
            if (projection.Has(key) && !(projection.IsFlag(key) && !projection.Flag(key))) throw projection.Fault(key, "is given: the model that speaks is not known here");
    }

    private IEnumerable<(string Property, string Message)> Problems()
    {
        int[] seen = [.. Unet.TransformerConditions.Where(width => width > 0)];
        if (!seen.SequenceEqual([LanguageModel.NEmbd, T5.DModel])) yield return (nameof(Unet), $"sees conditions of {(seen.Length == 0 ? "one width" : string.Join(" and ", seen))}, language_model and t5 give {LanguageModel.NEmbd} and {T5.DModel}");
        if (Unet.InChannels != Vae.LatentChannels || Unet.OutChannels != Vae.LatentChannels) yield return (nameof(Unet), $"takes {Unet.InChannels} channels and gives {Unet.OutChannels}, the latents have {Vae.LatentChannels}");
        if (Vae.InChannels != 1 || Vae.OutChannels != 1) yield return (nameof(Vae), $"takes {Vae.InChannels} channels and gives {Vae.OutChannels}, a spectrogram has 1");
        if (Vocoder.ModelInDim % Vae.Reduction != 0) yield return (nameof(Vocoder), $"takes {Vocoder.ModelInDim} mel bins, no multiple of {Vae.Reduction}, those of a latent's side");
        if (MaxNewTokens < 1) yield return (nameof(MaxNewTokens), $"is {MaxNewTokens}, a whole number from 1 was expected");
    }
}
