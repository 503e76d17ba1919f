using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Models.Encoders.ClipText;
using TrainMm.Models.Generators.Diffusion.Noise;
using TrainMm.Models.Generators.Diffusion.Unet;
using TrainMm.Models.Generators.Diffusion.Vae;

namespace TrainMm.Models.Generators.Diffusion;

/// <summary>The sizes of the parts of a latent diffusion model whose condition CLIP's text transformer makes. Of which kind the UNet is, each such model says itself.</summary>
public abstract class ClipDiffusionArchitecture : IValidatable
{
    private const string Unet = "Unet";

    private protected ClipDiffusionArchitecture()
    {
    }

    /// <summary>Reads what the models have in common from a folder in diffusers' layout.</summary>
    private protected ClipDiffusionArchitecture(string folder)
    {
        Vae = VaeArchitecture.Read(DiffusersFolder.Config(folder, "vae"));
        TextEncoder = ClipTextArchitecture.Read(DiffusersFolder.Config(folder, "text_encoder"));
        Scheduler = DiffusersFolder.Scheduler(folder);
    }

    /// <summary>The autoencoder's.</summary>
    public VaeArchitecture Vae { get; init; } = new();

    /// <summary>The text encoder's.</summary>
    public ClipTextArchitecture TextEncoder { get; init; } = new();

    /// <summary>The noise.</summary>
    public NoiseScheduleOptions Scheduler { get; init; } = new();

    /// <summary>The UNet's.</summary>
    internal abstract UnetArchitecture UnetSizes { get; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        foreach (var (property, message) in Problems()) checks.Error(property, message);
    }

    /// <summary>Refuses parts that do not fit each other.</summary>
    /// <exception cref="CheckpointException">They do not.</exception>
    private protected void Check(string folder)
    {
        foreach (var (property, message) in Problems()) throw new CheckpointException($"{folder}: '{OptionName.Of(property)}' {message}.");
    }

    private IEnumerable<(string Property, string Message)> Problems()
    {
        var unet = UnetSizes;
        if (unet.TransformerConditions.Count > 0) yield return (Unet, "has transformer_conditions, and CLIP's text transformer makes one condition");
        else if (unet.CrossAttentionDim.Any(width => width != TextEncoder.HiddenSize)) yield return (Unet, $"takes a condition of width {string.Join(", ", unet.CrossAttentionDim)}, the text encoder's is {TextEncoder.HiddenSize}");
        if (unet.InChannels != Vae.LatentChannels || unet.OutChannels != Vae.LatentChannels) yield return (Unet, $"takes {unet.InChannels} channels and gives {unet.OutChannels}, the latents have {Vae.LatentChannels}");
        if (Vae.InChannels != 3 || Vae.OutChannels != 3) yield return (nameof(Vae), $"takes {Vae.InChannels} channels and gives {Vae.OutChannels}, an image has 3");
    }
}
