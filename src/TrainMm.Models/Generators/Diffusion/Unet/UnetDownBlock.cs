using TorchSharp.Modules;
using TrainMm.Models.Generators.Diffusion.Layers;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Diffusion.Unet;

/// <summary>A block on the way down: residual blocks, transformers behind each or none, then half the sides unless it is the last.</summary>
internal sealed class UnetDownBlock : UnetBlock
{
    private readonly Downsampler? down;

    /// <summary>Makes the i-th block.</summary>
    /// <param name="sizes">The UNet's sizes.</param>
    /// <param name="i">Its place.</param>
    /// <param name="scope">Its place among the parameters.</param>
    public UnetDownBlock(UnetArchitecture sizes, int i, ModuleScope scope)
        : base(nameof(UnetDownBlock), sizes, sizes.Level(i), From(sizes, i), sizes.DownBlockTypes[i] == UnetArchitecture.AttendingDown ? sizes.Level(i).Depth : 0, scope)
    {
        if (i < sizes.BlockOutChannels.Count - 1)
            down = Add("downsamplers", new ModuleList<Downsampler>(new Downsampler(sizes.BlockOutChannels[i], sizes.DownsamplePadding, scope.Child("downsamplers").Child(0))))[0];
    }

    /// <summary>[B, from, H, W] → [B, to, H', W'].</summary>
    /// <param name="x">[B, from, H, W].</param>
    /// <param name="pass">What all blocks are told.</param>
    /// <param name="skips">Takes each part's output for the way up.</param>
    public Tensor Forward(Tensor x, UnetPass pass, Stack<Tensor> skips)
    {
        for (var i = 0; i < Depth; i++)
        {
            x = Attend(i, Residual(i, x, pass), pass);
            skips.Push(x);
        }

        if (down is null) return x;
        x = down.Forward(x);
        skips.Push(x);
        return x;
    }

    private static int[] From(UnetArchitecture sizes, int i) =>
        [.. Enumerable.Range(0, sizes.Level(i).Depth).Select(j => sizes.BlockOutChannels[j == 0 ? Math.Max(i - 1, 0) : i])];
}
