using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.Ldp;

/// <summary>
/// MobileVLM's lightweight downsample projector (arXiv:2312.16886, section 3.4): two linear layers on each feature, then two depthwise blocks on the grid, of which the second halves its sides.
/// The layers are named as in MobileVLM's <c>mm_projector.model</c>.
/// </summary>
public sealed class LdpProjector : NamedModule, IInputProjector
{
    private static readonly string[] Homes = ["model.mm_projector.model.", "mm_projector.model.", "base_model.model.model.mm_projector.model."];

    private readonly (int Height, int Width) grid;
    private readonly FeatureLayers features;
    private readonly GridLayers blocks;

    /// <summary>Makes the projector; its parameters have no values yet.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The features form no grid.</exception>
    public LdpProjector(LdpOptions options, FeatureSpec features, int width, ModuleScope scope)
        : base(nameof(LdpProjector))
    {
        grid = FeatureGrid.Of(features, options, nameof(options.Checkpoint));
        this.features = Add("mlp", new FeatureLayers(features.Width, width, scope.Child("mlp")));
        blocks = Add("mb_block", new GridLayers(width, scope.Child("mb_block")));
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>Builds the projector and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The features form no grid, or the checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static LdpProjector Create(LdpOptions options, InputProjectorContext context)
    {
        var projector = new LdpProjector(options, context.Features, context.Width, context.Scope);
        if (options.Checkpoint is { } path) ProjectorCheckpoint.Load(context.Scope, options, path, Layouts, leftOut: []);
        else RandomWeights.Linear(context.Scope, context.Seed);
        return projector;
    }

    /// <summary>Where MobileVLM keeps its projector: in the model, in the file of its first stage, and beside an adapter.</summary>
    internal static KeyMap[] Layouts => [.. Homes.Select(home => new KeyMap("MobileLlamaForCausalLM", [new(home, "")], []))];

    /// <inheritdoc/>
    public int TokensFor(FeatureSpec features) => Half(grid.Height) * Half(grid.Width);

    /// <inheritdoc/>
    public Tensor Project(Tensor features)
    {
        var x = this.features.Forward(features);                                                        // [I, N, D]
        x = x.transpose(1, 2).reshape(x.shape[0], x.shape[2], grid.Height, grid.Width);                 // [I, D, H, W]
        return blocks.Forward(x).flatten(2).transpose(1, 2);                                            // [I, D, H/2, W/2] -> [I, Q, D]
    }

    /// <summary>What a convolution of stride two leaves of a side.</summary>
    private static int Half(int side) => (side + 1) / 2;

    private sealed class FeatureLayers : NamedModule
    {
        private readonly LinearLayer first;
        private readonly LinearLayer second;

        public FeatureLayers(long featureWidth, long width, ModuleScope scope)
            : base(nameof(FeatureLayers))
        {
            first = Add("1", scope.Child(1).Linear(featureWidth, width, bias: true));
            second = Add("3", scope.Child(3).Linear(width, width, bias: true));
        }

        /// <summary>[I, N, De] → [I, N, D].</summary>
        public Tensor Forward(Tensor x) => second.Forward(nn.functional.gelu(first.Forward(x)));
    }

    private sealed class GridLayers : NamedModule
    {
        private readonly LdpBlock first;
        private readonly LdpBlock second;

        public GridLayers(long width, ModuleScope scope)
            : base(nameof(GridLayers))
        {
            first = Add("1", new LdpBlock(width, stride: 1, scope.Child(1)));
            second = Add("2", new LdpBlock(width, stride: 2, scope.Child(2)));
        }

        /// <summary>[I, D, H, W] → [I, D, H/2, W/2].</summary>
        public Tensor Forward(Tensor x) => second.Forward(first.Forward(x));
    }
}
