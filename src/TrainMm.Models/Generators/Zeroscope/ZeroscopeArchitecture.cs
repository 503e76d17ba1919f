using TrainMm.Core.Diagnostics;
using TrainMm.Models.Generators.Diffusion;
using TrainMm.Models.Generators.Diffusion.Unet;

namespace TrainMm.Models.Generators.Zeroscope;

/// <summary>The sizes of Zeroscope's parts; the defaults are the published ones.</summary>
public sealed class ZeroscopeArchitecture : ClipDiffusionArchitecture
{
    /// <summary>The text encoder is OpenCLIP's ViT-H without its last layer, as in Stable Diffusion 2.</summary>
    public ZeroscopeArchitecture()
    {
        TextEncoder = new() { HiddenSize = 1024, IntermediateSize = 4096, NumHiddenLayers = 23, NumAttentionHeads = 16, HiddenAct = "gelu" };
    }

    private ZeroscopeArchitecture(string folder)
        : base(folder)
    {
        Unet = Unet3dArchitecture.Read(DiffusersFolder.Config(folder, "unet"));
    }

    /// <summary>The UNet's.</summary>
    public Unet3dArchitecture Unet { get; init; } = new();

    /// <inheritdoc/>
    internal override UnetArchitecture UnetSizes => Unet.Sizes;

    /// <summary>Reads a folder in diffusers' layout.</summary>
    /// <exception cref="CheckpointException">A part is missing, is not known here, or does not fit the others.</exception>
    public static ZeroscopeArchitecture Read(string folder)
    {
        var read = new ZeroscopeArchitecture(folder);
        read.Check(folder);
        return read;
    }
}
