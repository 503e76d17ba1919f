using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Generators.Diffusion.Layers;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Diffusion.Unet;

/// <summary>What every block of a UNet is told beside its input.</summary>
/// <param name="Time">[B, time width], the embedded timestep.</param>
/// <param name="Contexts">The conditions, each [B, C, its width].</param>
/// <param name="Frames">F, of a UNet of videos, whose B counts frames, a video's one after the other; 1 in one of images.</param>
internal sealed record UnetPass(Tensor Time, IReadOnlyList<UnetContext> Contexts, long Frames);

/// <summary>The layers of a block: residual blocks and, where it sees the condition, transformers behind them. In a UNet of videos a convolution over time follows each residual block, a transformer over time the transformers behind it.</summary>
internal abstract class UnetBlock : NamedModule
{
    private readonly int attending;
    private readonly ModuleList<ResidualBlock> residuals;
    private readonly ModuleList<TemporalConvolution>? convolutionsOverTime;
    private readonly ModuleList<SpatialTransformer>? transformers;
    private readonly ModuleList<TemporalTransformer>? transformersOverTime;

    /// <summary>Makes the layers.</summary>
    /// <param name="name">The block's class.</param>
    /// <param name="sizes">The UNet's sizes.</param>
    /// <param name="level">The block's.</param>
    /// <param name="from">The channels that come into each residual block.</param>
    /// <param name="attending">How many of them transformers follow; 0 where the block does not see the condition.</param>
    /// <param name="scope">Its place among the parameters.</param>
    /// <param name="divisor">What the residual blocks' sums are divided by.</param>
    protected UnetBlock(string name, UnetArchitecture sizes, UnetLevel level, IReadOnlyList<int> from, int attending, ModuleScope scope, double divisor = 1)
        : base(name)
    {
        this.attending = attending;
        if (attending > 0) transformers = Add("attentions", SpatialTransformer.Behind(attending, level.Transformers, scope.Child("attentions")));
        residuals = List("resnets", from.Count, (i, place) => new ResidualBlock(sizes.Residual, from[i], level.Channels, place, divisor));
        if (level.TransformerOverTime is not { } overTime) return;
        convolutionsOverTime = List("temp_convs", from.Count, (_, place) => new TemporalConvolution(level.Channels, sizes.NormNumGroups, place));
        if (attending > 0) transformersOverTime = List("temp_attentions", attending, (_, place) => new TemporalTransformer(level.Channels, overTime, place));

        ModuleList<T> List<T>(string official, int count, Func<int, ModuleScope, T> make)
            where T : nn.Module => Add(official, new ModuleList<T>([.. Enumerable.Range(0, count).Select(i => make(i, scope.Child(official).Child(i)))]));
    }

    /// <summary>Residual blocks.</summary>
    protected int Depth => residuals.Count;

    /// <summary>The i-th residual block and what follows it over time: [B, from, H, W] → [B, to, H, W].</summary>
    protected Tensor Residual(int i, Tensor x, UnetPass pass)
    {
        x = residuals[i].Forward(x, pass.Time);
        return convolutionsOverTime?[i].Forward(x, pass.Frames) ?? x;
    }

    /// <summary>The transformers behind the i-th residual block, where it has some, and the one over time behind those: [B, to, H, W] → the same shape.</summary>
    protected Tensor Attend(int i, Tensor x, UnetPass pass)
    {
        if (transformers is not null) x = SpatialTransformer.RunBehind(transformers, i, attending, x, pass.Contexts);
        return transformersOverTime?[i].Forward(x, pass.Frames) ?? x;
    }
}
