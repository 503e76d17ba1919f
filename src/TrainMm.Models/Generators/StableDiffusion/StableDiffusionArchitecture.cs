using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Models.Encoders.ClipText;
using TrainMm.Models.Generators.Diffusion;
using TrainMm.Models.Generators.Diffusion.Noise;
using TrainMm.Models.Generators.Diffusion.Unet;
using TrainMm.Models.Generators.Diffusion.Vae;

namespace TrainMm.Models.Generators.StableDiffusion;

/// <summary>The sizes of Stable Diffusion's parts.</summary>
public sealed class StableDiffusionArchitecture : IValidatable
{
    /// <summary>The UNet's.</summary>
    public UnetArchitecture Unet { get; init; } = new() { CrossAttentionDim = [768] };

    /// <summary>The autoencoder's.</summary>
    public VaeArchitecture Vae { get; init; } = new();

    /// <summary>The text encoder's.</summary>
    public ClipTextArchitecture TextEncoder { get; init; } = new() { HiddenSize = 768, IntermediateSize = 3072, NumAttentionHeads = 12 };

    /// <summary>The noise.</summary>
    public NoiseScheduleOptions Scheduler { get; init; } = new();

    /// <summary>Reads a folder in diffusers' layout.</summary>
    /// <exception cref="CheckpointException">A part is missing, is not known here, or does not fit the others.</exception>
    public static StableDiffusionArchitecture Read(string folder)
    {
        var read = new StableDiffusionArchitecture
        {
            Unet = UnetConfig.Read(DiffusersFolder.Config(folder, "unet")),
            Vae = VaeArchitecture.Read(DiffusersFolder.Config(folder, "vae")),
            TextEncoder = ClipTextArchitecture.Read(DiffusersFolder.Config(folder, "text_encoder")),
            Scheduler = DiffusersFolder.Scheduler(folder),
        };
        foreach (var (property, message) in read.Problems()) throw new CheckpointException($"{folder}: '{OptionName.Of(property)}' {message}.");
        return read;
    }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        foreach (var (property, message) in Problems()) checks.Error(property, message);
    }

    private IEnumerable<(string Property, string Message)> Problems()
    {
        if (Unet.TransformerConditions.Count > 0) yield return (nameof(Unet), "has transformer_conditions, and Stable Diffusion has one condition");
        else if (Unet.CrossAttentionDim.Any(width => width != TextEncoder.HiddenSize)) yield return (nameof(Unet), $"takes a condition of width {string.Join(", ", Unet.CrossAttentionDim)}, the text encoder's is {TextEncoder.HiddenSize}");
        if (Unet.InChannels != Vae.LatentChannels || Unet.OutChannels != Vae.LatentChannels) yield return (nameof(Unet), $"takes {Unet.InChannels} channels and gives {Unet.OutChannels}, the latents have {Vae.LatentChannels}");
        if (Vae.InChannels != 3 || Vae.OutChannels != 3) yield return (nameof(Vae), $"takes {Vae.InChannels} channels and gives {Vae.OutChannels}, an image has 3");
    }
}
