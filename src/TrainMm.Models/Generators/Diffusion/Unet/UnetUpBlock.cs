using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Generators.Diffusion.Layers;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Diffusion.Unet;

/// <summary>A block on the way up: residual blocks that also get what the way down left, transformers behind each or none, then twice the sides unless it is the last.</summary>
internal sealed class UnetUpBlock : NamedModule
{
    private readonly ModuleList<ResidualBlock> blocks;
    private readonly ModuleList<SpatialTransformer>? transformers;
    private readonly Upsampler? up;

    /// <summary>Makes the i-th block.</summary>
    /// <param name="sizes">The UNet's sizes.</param>
    /// <param name="i">Its place.</param>
    /// <param name="scope">Its place among the parameters.</param>
    public UnetUpBlock(UnetArchitecture sizes, int i, ModuleScope scope)
        : base(nameof(UnetUpBlock))
    {
        int[] channels = [.. sizes.BlockOutChannels.Reverse()];
        var level = sizes.Level(channels.Length - 1 - i);
        var depth = level.Depth + 1;
        if (sizes.UpBlockTypes[i] == UnetArchitecture.AttendingUp)
            transformers = Add("attentions", SpatialTransformer.Behind(depth, level.Transformers, scope.Child("attentions")));

        // What the last residual block gets from the way down comes from the block before this one's counterpart.
        var (before, earlier) = (channels[Math.Max(i - 1, 0)], channels[Math.Min(i + 1, channels.Length - 1)]);
        blocks = Add("resnets", new ModuleList<ResidualBlock>([.. Enumerable.Range(0, depth).Select(j => new ResidualBlock(
            sizes.Residual, (j == 0 ? before : level.Channels) + (j == depth - 1 ? earlier : level.Channels), level.Channels, scope.Child("resnets").Child(j)))]));
        if (i < channels.Length - 1) up = Add("upsamplers", new ModuleList<Upsampler>(new Upsampler(level.Channels, scope.Child("upsamplers").Child(0))))[0];
    }

    /// <summary>[B, from, H, W] → [B, to, H', W'].</summary>
    /// <param name="x">[B, from, H, W].</param>
    /// <param name="time">[B, time width].</param>
    /// <param name="contexts">The conditions.</param>
    /// <param name="skips">What the way down left.</param>
    public Tensor Forward(Tensor x, Tensor time, IReadOnlyList<UnetContext> contexts, Stack<Tensor> skips)
    {
        for (var i = 0; i < blocks.Count; i++)
        {
            x = blocks[i].Forward(cat([x, skips.Pop()], 1), time);
            if (transformers is not null) x = SpatialTransformer.RunBehind(transformers, i, blocks.Count, x, contexts);
        }

        if (up is null) return x;
        var next = skips.Peek().shape; // a side that was odd on the way down is not twice the half
        return up.Forward(x, next[2], next[3]);
    }
}
