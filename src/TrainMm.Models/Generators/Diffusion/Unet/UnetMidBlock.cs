using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Diffusion.Unet;

/// <summary>The block between down and up: a residual block, and where it sees the condition transformers and another residual block.</summary>
internal sealed class UnetMidBlock(UnetArchitecture sizes, ModuleScope scope)
    : UnetBlock(nameof(UnetMidBlock), sizes, Level(sizes), From(sizes), Attends(sizes) ? 1 : 0, scope, sizes.MidBlockScaleFactor)
{
    /// <summary>[B, channels, H, W] → [B, channels, H, W].</summary>
    /// <param name="x">[B, channels, H, W].</param>
    /// <param name="pass">What all blocks are told.</param>
    public Tensor Forward(Tensor x, UnetPass pass)
    {
        using var kept = NewDisposeScope();
        x = Residual(0, x, pass);
        return (Depth == 1 ? x : Residual(1, Attend(0, x, pass), pass)).MoveToOuterDisposeScope();
    }

    private static bool Attends(UnetArchitecture sizes) => sizes.MidBlockType == UnetArchitecture.AttendingMiddle;

    private static UnetLevel Level(UnetArchitecture sizes) => sizes.Level(sizes.BlockOutChannels.Count - 1);

    private static int[] From(UnetArchitecture sizes) => [.. Enumerable.Repeat(Level(sizes).Channels, Attends(sizes) ? 2 : 1)];
}
