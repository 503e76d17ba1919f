using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Models.InputProjectors;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Examples.GridPool;

/// <summary>Averages squares of neighbouring features and projects them to the language model's width, as DeCo does (arXiv:2405.20985, section 4).</summary>
public sealed class GridPoolProjector : NamedModule, IInputProjector
{
    private readonly int factor;
    private readonly FeatureSpec grid;
    private readonly LinearLayer layer;

    /// <summary>Makes the projector; the widths are learnt from its neighbours.</summary>
    /// <exception cref="ConfigurationException">The factor does not divide the sides of the encoder's grid.</exception>
    public GridPoolProjector(GridPoolOptions options, InputProjectorContext context)
        : base(nameof(GridPoolProjector))
    {
        (factor, grid) = (options.Factor, context.Features);
        if (grid.GridHeight == 0 || grid.GridHeight % factor != 0 || grid.GridWidth % factor != 0)
            throw OptionSource.Error(options, nameof(options.Factor), $"does not divide the sides of the encoder's grid of {grid.GridHeight} × {grid.GridWidth} features");
        layer = Add("linear", context.Scope.Child("linear").Linear(grid.Width, context.Width, bias: true));
        RandomWeights.Linear(context.Scope, context.Seed);
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <inheritdoc/>
    public int TokensFor(FeatureSpec features) => features.Tokens / (factor * factor);

    /// <inheritdoc/>
    public Tensor Project(Tensor features)
    {
        var image = features.transpose(1, 2).reshape(features.shape[0], grid.Width, grid.GridHeight, grid.GridWidth); // [I, De, H, W]
        var pooled = nn.functional.avg_pool2d(image, factor).flatten(2).transpose(1, 2);                              // [I, Q, De]
        return layer.Forward(pooled);                                                                                 // [I, Q, D]
    }
}
