using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.Linear;

/// <summary>The projection of the first LLaVA (arXiv:2304.08485, equation 1): H = W Z, with a bias as its code has.</summary>
public sealed class LinearProjector : NamedModule, IInputProjector
{
    private readonly LinearLayer layer;

    /// <summary>Makes the projector; its parameters have no values yet.</summary>
    public LinearProjector(FeatureSpec features, int width, ModuleScope scope)
        : base(nameof(LinearProjector))
    {
        layer = Add("linear", scope.Child("linear").Linear(features.Width, width, bias: true));
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>Builds the projector and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static LinearProjector Create(LinearProjectorOptions options, InputProjectorContext context)
    {
        var projector = new LinearProjector(context.Features, context.Width, context.Scope);
        if (options.Checkpoint is { } path) ProjectorCheckpoint.Load(context.Scope, options, path, [new("", "linear.")]);
        else RandomWeights.Linear(context.Scope, context.Seed);
        return projector;
    }

    /// <inheritdoc/>
    public int TokensFor(FeatureSpec features) => features.Tokens;

    /// <inheritdoc/>
    public Tensor Project(Tensor features) => layer.Forward(features); // [I, N, De] -> [I, N, D]
}
