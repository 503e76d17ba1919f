using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Generators.Diffusion.Layers;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Diffusion.Unet;

/// <summary>A block on the way down: residual blocks, transformers behind each or none, then half the sides unless it is the last.</summary>
internal sealed class UnetDownBlock : NamedModule
{
    private readonly ModuleList<ResidualBlock> blocks;
    private readonly ModuleList<SpatialTransformer>? transformers;
    private readonly Downsampler? down;

    /// <summary>Makes the i-th block.</summary>
    /// <param name="sizes">The UNet's sizes.</param>
    /// <param name="i">Its place.</param>
    /// <param name="scope">Its place among the parameters.</param>
    public UnetDownBlock(UnetArchitecture sizes, int i, ModuleScope scope)
        : base(nameof(UnetDownBlock))
    {
        var level = sizes.Level(i);
        var from = sizes.BlockOutChannels[Math.Max(i - 1, 0)];
        if (sizes.DownBlockTypes[i] == UnetArchitecture.AttendingDown)
            transformers = Add("attentions", SpatialTransformer.Behind(level.Depth, level.Transformers, scope.Child("attentions")));
        blocks = Add("resnets", new ModuleList<ResidualBlock>(
            [.. Enumerable.Range(0, level.Depth).Select(j => new ResidualBlock(sizes.Residual, j == 0 ? from : level.Channels, level.Channels, scope.Child("resnets").Child(j)))]));
        if (i < sizes.BlockOutChannels.Count - 1)
            down = Add("downsamplers", new ModuleList<Downsampler>(new Downsampler(level.Channels, sizes.DownsamplePadding, scope.Child("downsamplers").Child(0))))[0];
    }

    /// <summary>[B, from, H, W] → [B, to, H', W'].</summary>
    /// <param name="x">[B, from, H, W].</param>
    /// <param name="time">[B, time width].</param>
    /// <param name="contexts">The conditions.</param>
    /// <param name="skips">Takes each part's output for the way up.</param>
    public Tensor Forward(Tensor x, Tensor time, IReadOnlyList<UnetContext> contexts, Stack<Tensor> skips)
    {
        for (var i = 0; i < blocks.Count; i++)
        {
            x = blocks[i].Forward(x, time);
            if (transformers is not null) x = SpatialTransformer.RunBehind(transformers, i, blocks.Count, x, contexts);
            skips.Push(x);
        }

        if (down is null) return x;
        x = down.Forward(x);
        skips.Push(x);
        return x;
    }
}
