using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.Mlp;

/// <summary>
/// The projector of LLaVA-1.5 (arXiv:2310.03744, section 3.2): linear layers with GELU between them, on each feature alone.
/// The layers are named as in Hugging Face's <c>LlavaMultiModalProjector</c>, <c>linear_1</c> and <c>linear_2</c>; a deeper one goes on with <c>linear_3</c>.
/// </summary>
public sealed class MlpProjector : NamedModule, IInputProjector
{
    private readonly LinearLayer[] layers;
    private readonly Func<Tensor, Tensor> activation;

    /// <summary>Makes the projector; its parameters have no values yet.</summary>
    public MlpProjector(MlpProjectorOptions options, FeatureSpec features, int width, ModuleScope scope)
        : base(nameof(MlpProjector))
    {
        activation = Activation.Of(options.Activation);
        layers = new LinearLayer[options.Depth];
        for (var i = 0; i < layers.Length; i++)
        {
            var before = i == 0 ? features.Width : options.HiddenWidth ?? width;
            var after = i == layers.Length - 1 ? width : options.HiddenWidth ?? width;
            layers[i] = Add(NameOf(i), scope.Child(NameOf(i)).Linear(before, after, bias: true));
        }
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>Builds the projector and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static MlpProjector Create(MlpProjectorOptions options, InputProjectorContext context)
    {
        var projector = new MlpProjector(options, context.Features, context.Width, context.Scope);
        if (options.Checkpoint is { } path) ProjectorCheckpoint.Load(context.Scope, options, path, [.. Enumerable.Range(0, options.Depth).Select(OriginalName)]);
        else RandomWeights.Linear(context.Scope, context.Seed);
        return projector;
    }

    /// <inheritdoc/>
    public int TokensFor(FeatureSpec features) => features.Tokens;

    /// <inheritdoc/>
    public Tensor Project(Tensor features)
    {
        var x = layers[0].Forward(features);                                                // [I, N, hidden]
        for (var i = 1; i < layers.Length; i++) x = layers[i].Forward(activation(x));       // [I, N, D] after the last
        return x;
    }

    private static string NameOf(int layer) => $"linear_{layer + 1}";

    /// <summary>The original LLaVA counts the activations too: its layers are 0, 2, 4.</summary>
    private static PrefixRule OriginalName(int layer) => new($"{2 * layer}.", $"{NameOf(layer)}.");
}
