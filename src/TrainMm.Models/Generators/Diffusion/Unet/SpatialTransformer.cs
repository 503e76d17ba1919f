using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Generators.Diffusion.Layers;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Diffusion.Unet;

/// <summary>Sizes of a <see cref="SpatialTransformer"/>.</summary>
/// <param name="Width">Channels.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="ConditionWidth">The width of the condition that it sees; null is none, but the places twice.</param>
/// <param name="Depth">Layers.</param>
/// <param name="Groups">Groups of the norm.</param>
/// <param name="IsLinear">Whether what stands around the layers are linear layers rather than convolutions of 1 × 1.</param>
/// <param name="OnlyCrossAttention">Whether the first attention, too, is to the condition.</param>
/// <param name="Context">Which of the UNet's conditions it sees.</param>
internal sealed record TransformerSizes(int Width, int Heads, int? ConditionWidth, int Depth, int Groups, bool IsLinear, bool OnlyCrossAttention, int Context = 0)
{
    /// <summary>ε of the norm before the layers, whatever the UNet's others have.</summary>
    internal const double NormEpsilon = 1e-6;
}

/// <summary>Transformer layers over the places of a grid, in which each place sees all places and the condition (arXiv:2112.10752, appendix E.2.1; diffusers' <c>Transformer2DModel</c>).</summary>
internal sealed class SpatialTransformer : NamedModule
{
    private readonly GroupNorm norm;
    private readonly LinearLayer? linearIn;
    private readonly LinearLayer? linearOut;
    private readonly Convolution2d? convolutionIn;
    private readonly Convolution2d? convolutionOut;
    private readonly ModuleList<TransformerBlock> layers;
    private readonly int? context;

    public SpatialTransformer(TransformerSizes sizes, ModuleScope scope)
        : base(nameof(SpatialTransformer))
    {
        context = sizes.ConditionWidth is null ? null : sizes.Context;
        norm = Add("norm", new GroupNorm(sizes.Width, sizes.Groups, TransformerSizes.NormEpsilon, scope.Child("norm")));
        if (sizes.IsLinear) linearIn = Add("proj_in", scope.Child("proj_in").Linear(sizes.Width, sizes.Width, bias: true));
        else convolutionIn = Add("proj_in", new Convolution2d(sizes.Width, sizes.Width, kernel: 1, scope.Child("proj_in")));
        layers = Add("transformer_blocks", new ModuleList<TransformerBlock>([.. Enumerable.Range(0, sizes.Depth).Select(i => new TransformerBlock(sizes, scope.Child("transformer_blocks").Child(i)))]));
        if (sizes.IsLinear) linearOut = Add("proj_out", scope.Child("proj_out").Linear(sizes.Width, sizes.Width, bias: true));
        else convolutionOut = Add("proj_out", new Convolution2d(sizes.Width, sizes.Width, kernel: 1, scope.Child("proj_out")));
    }

    /// <summary>The transformers behind each of so many residual blocks, those behind the first one first.</summary>
    public static ModuleList<SpatialTransformer> Behind(int blocks, IReadOnlyList<TransformerSizes> each, ModuleScope scope) =>
        new([.. Enumerable.Range(0, blocks * each.Count).Select(i => new SpatialTransformer(each[i % each.Count], scope.Child(i)))]);

    /// <summary>Runs those behind the i-th of so many residual blocks: [B, width, H, W] → [B, width, H, W].</summary>
    public static Tensor RunBehind(ModuleList<SpatialTransformer> transformers, int i, int blocks, Tensor x, IReadOnlyList<UnetContext> contexts)
    {
        var each = transformers.Count / blocks;
        for (var j = i * each; j < (i + 1) * each; j++) x = transformers[j].Forward(x, contexts);
        return x;
    }

    /// <summary>[B, width, H, W] → [B, width, H, W].</summary>
    /// <param name="x">[B, width, H, W].</param>
    /// <param name="contexts">The UNet's conditions.</param>
    public Tensor Forward(Tensor x, IReadOnlyList<UnetContext> contexts)
    {
        using var scope = NewDisposeScope();
        var seen = context is { } index ? contexts[index] : null;
        var y = norm.Forward(x);
        y = (convolutionIn?.Forward(y) ?? y).flatten(2).transpose(1, 2);                             // [B, H·W, width]
        y = linearIn?.Forward(y) ?? y;
        foreach (var layer in layers) y = layer.Forward(y, seen);
        y = (linearOut?.Forward(y) ?? y).transpose(1, 2).reshape(x.shape);                           // [B, width, H, W]
        return (convolutionOut?.Forward(y) ?? y).add(x).MoveToOuterDisposeScope();
    }
}
