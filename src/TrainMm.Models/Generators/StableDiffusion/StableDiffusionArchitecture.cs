using TrainMm.Core.Diagnostics;
using TrainMm.Models.Generators.Diffusion;
using TrainMm.Models.Generators.Diffusion.Unet;

namespace TrainMm.Models.Generators.StableDiffusion;

/// <summary>The sizes of Stable Diffusion's parts.</summary>
public sealed class StableDiffusionArchitecture : ClipDiffusionArchitecture
{
    /// <summary>The defaults are Stable Diffusion 1's.</summary>
    public StableDiffusionArchitecture()
    {
        TextEncoder = new() { HiddenSize = 768, IntermediateSize = 3072, NumAttentionHeads = 12 };
    }

    private StableDiffusionArchitecture(string folder)
        : base(folder)
    {
        Unet = UnetConfig.Read(DiffusersFolder.Config(folder, "unet"));
    }

    /// <summary>The UNet's.</summary>
    public UnetArchitecture Unet { get; init; } = new() { CrossAttentionDim = [768] };

    /// <inheritdoc/>
    internal override UnetArchitecture UnetSizes => Unet;

    /// <summary>Reads a folder in diffusers' layout.</summary>
    /// <exception cref="CheckpointException">A part is missing, is not known here, or does not fit the others.</exception>
    public static StableDiffusionArchitecture Read(string folder)
    {
        var read = new StableDiffusionArchitecture(folder);
        read.Check(folder);
        return read;
    }
}
