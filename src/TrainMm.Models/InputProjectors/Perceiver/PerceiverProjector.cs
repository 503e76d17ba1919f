using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.Perceiver;

/// <summary>
/// Flamingo's perceiver resampler (arXiv:2204.14198, section 3.1; appendix A.1.1): latents attend to the features and to themselves, layer after layer.
/// The parameters have the names of OpenFlamingo's <c>perceiver</c>; <c>projection</c>, to the language model's width, is not Flamingo's.
/// </summary>
public sealed class PerceiverProjector : NamedModule, IInputProjector
{
    private const double Epsilon = 1e-5;
    private const string ProjectionPrefix = "projection.";

    private readonly Parameter latents;
    private readonly ModuleList<PerceiverLayer> layers;
    private readonly LayerNorm norm;
    private readonly LinearLayer? projection;
    private readonly ScalarType dtype;

    /// <summary>Makes the projector; its parameters have no values yet.</summary>
    public PerceiverProjector(PerceiverOptions options, FeatureSpec features, int width, ModuleScope scope)
        : base(nameof(PerceiverProjector))
    {
        dtype = scope.Dtype;
        latents = Add("latents", scope.Parameter("latents", options.NumLatents, features.Width));
        layers = Add("layers", new ModuleList<PerceiverLayer>([.. Enumerable.Range(0, options.Depth).Select(i => new PerceiverLayer(options, features.Width, Epsilon, scope.Child("layers").Child(i)))]));
        norm = Add("norm", new LayerNorm(features.Width, Epsilon, scope.Child("norm")));
        if (options.Project) projection = Add("projection", scope.Child("projection").Linear(features.Width, width, bias: true));
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>What OpenFlamingo's file calls the parameters.</summary>
    internal static KeyMap Layout { get; } = new("OpenFlamingo", [new("perceiver.", "")], []);

    /// <summary>Builds the projector and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static PerceiverProjector Create(PerceiverOptions options, InputProjectorContext context)
    {
        var projector = new PerceiverProjector(options, context.Features, context.Width, context.Scope);
        if (options.Checkpoint is null || options.NewProjection) RandomWeights.Transformer(context.Scope, context.Seed, std: 0.02);
        if (options.Checkpoint is { } path) ProjectorCheckpoint.Load(context.Scope, options, path, [Layout], leftOut: options.NewProjection ? [ProjectionPrefix] : []);
        return projector;
    }

    /// <inheritdoc/>
    public int TokensFor(FeatureSpec features) => (int)latents.shape[0];

    /// <inheritdoc/>
    public Tensor Project(Tensor features)
    {
        var media = features.CastTo(dtype);
        var x = latents.CastTo(dtype).expand(media.shape[0], latents.shape[0], latents.shape[1]);           // [I, Q, De]
        foreach (var layer in layers) x = layer.Forward(x, media);
        x = norm.Forward(x);
        return projection is null ? x : projection.Forward(x);                                              // [I, Q, D]
    }
}
