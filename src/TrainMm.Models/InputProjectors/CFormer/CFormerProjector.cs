using TorchSharp.Modules;
using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.CFormer;

/// <summary>
/// X-LLM's C-Former (arXiv:2305.04160, section 3): integrate-and-fire gathers the frames into tokens in their order, a transformer of twelve layers looks over them, and a linear layer,
/// the speech adapter, brings them to the language model's width. No checkpoint is published, and the paper does not give the transformer's form: it is a usual one, normed before each part,
/// as wide as the features. The paper's quantity loss, which teaches the weights' sum, has nothing to teach where the number of tokens is given.
/// </summary>
public sealed class CFormerProjector : NamedModule, IInputProjector
{
    private const double Epsilon = 1e-5;

    private readonly IntegrateAndFire gathering;
    private readonly Parameter positions;
    private readonly ModuleList<CFormerLayer> layers;
    private readonly LayerNorm norm;
    private readonly LinearLayer adapter;
    private readonly ScalarType dtype;

    /// <summary>Makes the projector; its parameters have no values yet.</summary>
    public CFormerProjector(CFormerOptions options, FeatureSpec features, int width, ModuleScope scope)
        : base(nameof(CFormerProjector))
    {
        dtype = scope.Dtype;
        gathering = Add("cif", new IntegrateAndFire(features.Width, options.NumTokens, scope.Child("cif")));
        positions = Add("positions", scope.Parameter("positions", options.NumTokens, features.Width));
        layers = Add("layers", new ModuleList<CFormerLayer>([.. Enumerable.Range(0, options.Depth).Select(i => new CFormerLayer(options, features.Width, scope.Child("layers").Child(i)))]));
        norm = Add("norm", new LayerNorm(features.Width, Epsilon, scope.Child("norm")));
        adapter = Add("speech_adapter", scope.Child("speech_adapter").Linear(features.Width, width, bias: true));
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>Builds the projector and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">There are more tokens than frames, the heads do not divide the features' width, or the checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static CFormerProjector Create(CFormerOptions options, InputProjectorContext context)
    {
        var features = context.Features;
        if (options.NumTokens > features.Tokens) throw OptionSource.Error(options, nameof(options.NumTokens), $"is {options.NumTokens}, more than the encoder's {features.Tokens} features");
        if (features.Width % options.Heads != 0) throw OptionSource.Error(options, nameof(options.Heads), $"cannot split the encoder's {features.Width} dimensions into {options.Heads} heads");
        var projector = new CFormerProjector(options, features, context.Width, context.Scope);
        if (options.Checkpoint is { } path) ProjectorCheckpoint.Load(context.Scope, options, path, [], leftOut: []);
        else RandomWeights.Transformer(context.Scope, context.Seed, std: 0.02);
        return projector;
    }

    /// <inheritdoc/>
    public int TokensFor(FeatureSpec features) => (int)positions.shape[0];

    /// <inheritdoc/>
    public Tensor Project(Tensor features)
    {
        var x = gathering.Forward(features.CastTo(dtype)).add(positions.CastTo(dtype));  // [I, Q, De]
        foreach (var layer in layers) x = layer.Forward(x);
        return adapter.Forward(norm.Forward(x));                                         // [I, Q, D]
    }
}
