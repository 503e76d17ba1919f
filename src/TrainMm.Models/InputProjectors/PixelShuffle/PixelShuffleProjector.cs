using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.PixelShuffle;

/// <summary>
/// InternVL's projector (arXiv:2404.16821, section 3.1): each square of neighbouring features becomes one long feature, which is normed and goes through two linear layers.
/// The layers are named as in InternVL's <c>mlp1</c>: 0 is the norm, 1 and 3 are linear.
/// </summary>
public sealed class PixelShuffleProjector : NamedModule, IInputProjector
{
    private readonly int factor;
    private readonly PixelShuffleOrder order;
    private readonly (int Height, int Width) grid;
    private readonly Layers layers;

    /// <summary>Makes the projector; its parameters have no values yet.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The features form no grid, or the factor does not divide its sides.</exception>
    public PixelShuffleProjector(PixelShuffleOptions options, FeatureSpec features, int width, ModuleScope scope)
        : base(nameof(PixelShuffleProjector))
    {
        (factor, order) = (options.Factor, options.Order);
        grid = FeatureGrid.Of(features, options, nameof(options.Factor));
        if (grid.Height % factor != 0 || grid.Width % factor != 0)
            throw OptionSource.Error(options, nameof(options.Factor), $"does not divide the sides of the encoder's grid of {grid.Height} × {grid.Width} features");
        layers = Add("mlp1", new Layers(features.Width * factor * factor, width, scope.Child("mlp1")));
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>Builds the projector and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The features do not fit, or the checkpoint does not.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static PixelShuffleProjector Create(PixelShuffleOptions options, InputProjectorContext context)
    {
        var projector = new PixelShuffleProjector(options, context.Features, context.Width, context.Scope);
        if (options.Checkpoint is { } path) ProjectorCheckpoint.Load(context.Scope, options, path, [new KeyMap("InternVLChatModel", [new("mlp1.", "mlp1.")], [])], leftOut: []);
        else RandomWeights.Linear(context.Scope, context.Seed);
        return projector;
    }

    /// <inheritdoc/>
    public int TokensFor(FeatureSpec features) => features.Tokens / (factor * factor);

    /// <inheritdoc/>
    public Tensor Project(Tensor features) => layers.Forward(Join(features)); // [I, Q, D]

    /// <summary>[I, N, De] → [I, Q, factor² · De]: of each square first its upper row, from left to right.</summary>
    private Tensor Join(Tensor features)
    {
        var (rows, columns) = (grid.Height / factor, grid.Width / factor);
        var squares = features.reshape(features.shape[0], rows, factor, columns, factor, features.shape[2]);    // [I, rows, f, columns, f, De]
        var ordered = order == PixelShuffleOrder.Rows ? squares.permute(0, 1, 3, 2, 4, 5) : squares.permute(0, 3, 1, 2, 4, 5);
        return ordered.reshape(features.shape[0], rows * columns, factor * factor * features.shape[2]);
    }

    private sealed class Layers : NamedModule
    {
        /// <summary>ε of the norm, PyTorch's default.</summary>
        private const double Epsilon = 1e-5;

        private readonly LayerNorm norm;
        private readonly LinearLayer first;
        private readonly LinearLayer second;

        public Layers(long joined, long width, ModuleScope scope)
            : base(nameof(Layers))
        {
            norm = Add("0", new LayerNorm(joined, Epsilon, scope.Child(0)));
            first = Add("1", scope.Child(1).Linear(joined, width, bias: true));
            second = Add("3", scope.Child(3).Linear(width, width, bias: true));
        }

        /// <summary>[I, Q, factor² · De] → [I, Q, D].</summary>
        public Tensor Forward(Tensor x) => second.Forward(nn.functional.gelu(first.Forward(norm.Forward(x))));
    }
}
