using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Generators.Diffusion.Layers;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Diffusion.Unet;

/// <summary>The block between down and up: a residual block, and where it sees the condition transformers and another residual block.</summary>
internal sealed class UnetMidBlock : NamedModule
{
    private readonly ModuleList<ResidualBlock> blocks;
    private readonly ModuleList<SpatialTransformer>? transformers;

    public UnetMidBlock(UnetArchitecture sizes, ModuleScope scope)
        : base(nameof(UnetMidBlock))
    {
        var level = sizes.Level(sizes.BlockOutChannels.Count - 1);
        var attends = sizes.MidBlockType == UnetArchitecture.AttendingMiddle;
        if (attends) transformers = Add("attentions", SpatialTransformer.Behind(1, level.Transformers, scope.Child("attentions")));
        blocks = Add("resnets", new ModuleList<ResidualBlock>(
            [.. Enumerable.Range(0, attends ? 2 : 1).Select(i => new ResidualBlock(sizes.Residual, level.Channels, level.Channels, scope.Child("resnets").Child(i), sizes.MidBlockScaleFactor))]));
    }

    /// <summary>[B, channels, H, W] → [B, channels, H, W].</summary>
    /// <param name="x">[B, channels, H, W].</param>
    /// <param name="time">[B, time width].</param>
    /// <param name="contexts">The conditions.</param>
    public Tensor Forward(Tensor x, Tensor time, IReadOnlyList<UnetContext> contexts)
    {
        using var scope = NewDisposeScope();
        x = blocks[0].Forward(x, time);
        return (transformers is null ? x : blocks[1].Forward(SpatialTransformer.RunBehind(transformers, 0, 1, x, contexts), time)).MoveToOuterDisposeScope();
    }
}
