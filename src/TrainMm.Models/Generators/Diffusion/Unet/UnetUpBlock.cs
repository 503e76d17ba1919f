using TorchSharp.Modules;
using TrainMm.Models.Generators.Diffusion.Layers;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Diffusion.Unet;

/// <summary>A block on the way up: residual blocks that also get what the way down left, transformers behind each or none, then twice the sides unless it is the last.</summary>
internal sealed class UnetUpBlock : UnetBlock
{
    private readonly Upsampler? up;

    /// <summary>Makes the i-th block.</summary>
    /// <param name="sizes">The UNet's sizes.</param>
    /// <param name="i">Its place.</param>
    /// <param name="scope">Its place among the parameters.</param>
    public UnetUpBlock(UnetArchitecture sizes, int i, ModuleScope scope)
        : base(nameof(UnetUpBlock), sizes, Level(sizes, i), From(sizes, i), sizes.UpBlockTypes[i] == UnetArchitecture.AttendingUp ? Level(sizes, i).Depth + 1 : 0, scope)
    {
        if (i < sizes.BlockOutChannels.Count - 1) up = Add("upsamplers", new ModuleList<Upsampler>(new Upsampler(Level(sizes, i).Channels, scope.Child("upsamplers").Child(0))))[0];
    }

    /// <summary>[B, from, H, W] → [B, to, H', W'].</summary>
    /// <param name="x">[B, from, H, W].</param>
    /// <param name="pass">What all blocks are told.</param>
    /// <param name="skips">What the way down left.</param>
    public Tensor Forward(Tensor x, UnetPass pass, Stack<Tensor> skips)
    {
        for (var i = 0; i < Depth; i++) x = Attend(i, Residual(i, cat([x, skips.Pop()], 1), pass), pass);
        if (up is null) return x;
        var next = skips.Peek().shape; // a side that was odd on the way down is not twice the half
        return up.Forward(x, next[2], next[3]);
    }

    private static UnetLevel Level(UnetArchitecture sizes, int i) => sizes.Level(sizes.BlockOutChannels.Count - 1 - i);

    private static int[] From(UnetArchitecture sizes, int i)
    {
        int[] channels = [.. sizes.BlockOutChannels.Reverse()];
        var depth = Level(sizes, i).Depth + 1;

        // What the last residual block gets from the way down comes from the block before this one's counterpart.
        var (before, earlier) = (channels[Math.Max(i - 1, 0)], channels[Math.Min(i + 1, channels.Length - 1)]);
        return [.. Enumerable.Range(0, depth).Select(j => (j == 0 ? before : channels[i]) + (j == depth - 1 ? earlier : channels[i]))];
    }
}
