using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Vision;

/// <summary>
/// A vision tower as an encoder: the patches of the selected layer, with the class token or without, normed or not, or one pooled vector. It is the same for
/// every tower; what differs is the tower. Parameters have the names of the published checkpoint.
/// </summary>
public sealed class VisionTowerEncoder : IModalityEncoder
{
    private readonly IVisionTower tower;
    private readonly FeatureSelection selection;
    private readonly bool normed;
    private readonly int classTokens;
    private readonly ScalarType dtype;

    /// <summary>Makes the encoder; its parameters have no values yet.</summary>
    /// <param name="sizes">The whole tower's sizes.</param>
    /// <param name="extent">How much of it is built.</param>
    /// <param name="selection">Which features are handed on.</param>
    /// <param name="input">How images are prepared.</param>
    /// <param name="scope">The root of its parameters.</param>
    internal VisionTowerEncoder(IVisionArchitecture sizes, TowerExtent extent, FeatureSelection selection, ImageSpec input, ModuleScope scope)
    {
        this.selection = selection;
        normed = extent.Norm;
        classTokens = sizes.ClassTokens;
        dtype = scope.Dtype;
        Input = input;
        Output = Features(sizes, selection, input);
        tower = sizes.Build(extent, sizes.Prefix.Length == 0 ? scope : scope.Child(sizes.Prefix));
        Module = sizes.Prefix.Length == 0 ? tower.Module : new Enclosed<nn.Module>(sizes.Prefix, tower.Module);
    }

    /// <inheritdoc/>
    public MediaSpec Input { get; }

    /// <inheritdoc/>
    public FeatureSpec Output { get; }

    /// <inheritdoc/>
    public nn.Module Module { get; }

    /// <inheritdoc/>
    public Tensor Encode(Tensor media)
    {
        var features = tower.Forward(media.CastTo(dtype));                                                         // [I, T, De]
        if (selection == FeatureSelection.Pooled) return tower.Pool(features).unsqueeze(1);                        // [I, 1, pooled width]
        if (normed) features = tower.Norm(features);
        return selection == FeatureSelection.ClsPatch ? features : features.narrow(1, classTokens, features.shape[1] - classTokens); // [I, N, De]
    }

    /// <inheritdoc/>
    public void Dispose() => Module.Dispose();

    /// <summary>Builds an encoder and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">There is no such layer or feature, or the checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    internal static VisionTowerEncoder Create<TArchitecture>(VisionTowerOptions<TArchitecture> options, EncoderContext context)
        where TArchitecture : class, IVisionArchitecture<TArchitecture>
    {
        var sizes = options.Architecture ?? TArchitecture.ReadFolder(options.Checkpoint!);
        var extent = Extent(options, sizes.Layers, sizes.ClassTokens, sizes.PooledWidth);
        var input = ImagePreprocessing.Read(options.Checkpoint, sizes.ImageSide, sizes.Images, exact: false);
        if (options.ImageSize is { } side) input = input with { Height = side, Width = side, ShortestEdge = null };
        if (options.ImageFit is { } fit) input = input with { Fit = fit };
        if (Math.Min(input.Height, input.Width) < sizes.PatchSide)
            throw OptionSource.Error(options, nameof(options.ImageSize), $"is {Math.Min(input.Height, input.Width)}, less than a patch's {sizes.PatchSide} pixels");
        var encoder = new VisionTowerEncoder(sizes, extent, options.SelectFeature, input, context.Scope);
        if (options.Checkpoint is null)
        {
            sizes.Initialise(context.Scope, context.Seed);
            return encoder;
        }

        var property = options.Weights is null ? nameof(options.Checkpoint) : nameof(options.Weights);
        using var source = WeightSource.Open(options.Weights ?? options.Checkpoint, sizes.OwnFiles);
        PartCheckpoint.Load(context.Scope, options, property, source, sizes.Layouts(extent));
        return encoder;
    }

    /// <summary>How much of a tower the options want.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">There is no such layer or feature.</exception>
    internal static TowerExtent Extent<TArchitecture>(VisionTowerOptions<TArchitecture> options, int layers, int classTokens, int pooledWidth)
        where TArchitecture : class
    {
        var depth = options.SelectLayer < 0 ? layers + 1 + options.SelectLayer : options.SelectLayer;
        if (depth < 0 || depth > layers)
            throw OptionSource.Error(options, nameof(options.SelectLayer), $"there is no layer {options.SelectLayer}: the tower has {layers}", $"from −{layers + 1} to {layers}");
        if (options.SelectFeature == FeatureSelection.ClsPatch && classTokens == 0)
            throw OptionSource.Error(options, nameof(options.SelectFeature), "the tower has no class token");
        if (options.SelectFeature != FeatureSelection.Pooled) return new TowerExtent(depth, options.FinalNorm);
        if (pooledWidth == 0) throw OptionSource.Error(options, nameof(options.SelectFeature), "the tower has no pooled output");
        return new TowerExtent(layers, Norm: true, Pool: true);
    }

    private static FeatureSpec Features(IVisionArchitecture sizes, FeatureSelection selection, ImageSpec input)
    {
        var (rows, columns) = (input.Height / sizes.PatchSide, input.Width / sizes.PatchSide);
        return selection switch
        {
            FeatureSelection.Pooled => new FeatureSpec(1, sizes.PooledWidth),
            FeatureSelection.ClsPatch => new FeatureSpec((rows * columns) + sizes.ClassTokens, sizes.Width),
            _ => new FeatureSpec(rows * columns, sizes.Width, rows, columns),
        };
    }
}
