using TorchSharp.Modules;
using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.Abstractor;

/// <summary>
/// The visual abstractor of mPLUG-Owl (arXiv:2304.14178, section 3.1): learned queries attend to features and queries, layer after layer, and are projected to the language model's width;
/// a learned token ends each medium. The parameters have the names of mPLUG-Owl's <c>abstractor</c>, and <c>query_tokens</c>.
/// </summary>
public sealed class AbstractorProjector : NamedModule, IInputProjector
{
    private readonly Parameter queries;
    private readonly ModuleList<AbstractorLayer> layers;
    private readonly LinearLayer projection;
    private readonly Parameter end;
    private readonly ScalarType dtype;

    /// <summary>Makes the projector; its parameters have no values yet.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The heads do not divide the features' width.</exception>
    public AbstractorProjector(AbstractorOptions options, FeatureSpec features, int width, ModuleScope scope)
        : base(nameof(AbstractorProjector))
    {
        if (features.Width % options.NumAttentionHeads != 0)
            throw OptionSource.Error(options, nameof(options.NumAttentionHeads), $"cannot split the encoder's {features.Width} dimensions into {options.NumAttentionHeads} heads");
        dtype = scope.Dtype;
        queries = Add("query_tokens", scope.Parameter("query_tokens", 1, options.NumQueries, features.Width));
        layers = Add("encoder", new LayerStack(options, features.Width, scope.Child("encoder"))).Layers;
        projection = Add("visual_fc", scope.Child("visual_fc").Linear(features.Width, width, bias: true));
        end = Add("vit_eos", scope.Parameter("vit_eos", 1, 1, width));
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>What mPLUG-Owl's file calls the parameters.</summary>
    internal static KeyMap Layout { get; } = new("MplugOwlForConditionalGeneration", [new("query_tokens", "query_tokens"), new("abstractor.", "")], []);

    /// <summary>Builds the projector and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The features do not fit, or the checkpoint does not.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static AbstractorProjector Create(AbstractorOptions options, InputProjectorContext context)
    {
        var projector = new AbstractorProjector(options, context.Features, context.Width, context.Scope);
        if (options.Checkpoint is { } path) ProjectorCheckpoint.Load(context.Scope, options, path, [Layout], leftOut: []);
        else RandomWeights.Transformer(context.Scope, context.Seed, std: 0.02);
        return projector;
    }

    /// <inheritdoc/>
    public int TokensFor(FeatureSpec features) => (int)queries.shape[1] + 1;

    /// <inheritdoc/>
    public Tensor Project(Tensor features)
    {
        var media = features.CastTo(dtype);
        var x = queries.CastTo(dtype).expand(media.shape[0], queries.shape[1], queries.shape[2]);           // [I, Q - 1, De]
        foreach (var layer in layers) x = layer.Forward(x, media);
        x = projection.Forward(x);                                                                          // [I, Q - 1, D]
        return cat([x, end.CastTo(dtype).expand(x.shape[0], 1, x.shape[2])], 1);                            // [I, Q, D]
    }

    private sealed class LayerStack : NamedModule
    {
        public LayerStack(AbstractorOptions options, long width, ModuleScope scope)
            : base(nameof(LayerStack))
        {
            Layers = Add("layers", new ModuleList<AbstractorLayer>([.. Enumerable.Range(0, options.NumHiddenLayers).Select(i => new AbstractorLayer(options, width, scope.Child("layers").Child(i)))]));
        }

        public ModuleList<AbstractorLayer> Layers { get; }
    }
}
