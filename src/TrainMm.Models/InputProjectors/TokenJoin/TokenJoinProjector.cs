using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.TokenJoin;

/// <summary>
/// Joins neighbouring features and projects them to the language model's width, as MiniGPT-v2 does with four (arXiv:2310.09478, section 2.1).
/// The layer has the name of MiniGPT-v2's checkpoint, <c>llama_proj</c>.
/// </summary>
public sealed class TokenJoinProjector : NamedModule, IInputProjector
{
    private readonly int group;
    private readonly LinearLayer layer;

    /// <summary>Makes the projector; its parameters have no values yet.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The group does not divide the encoder's features.</exception>
    public TokenJoinProjector(TokenJoinOptions options, FeatureSpec features, int width, ModuleScope scope)
        : base(nameof(TokenJoinProjector))
    {
        group = options.Group;
        if (features.Tokens % group != 0) throw OptionSource.Error(options, nameof(options.Group), $"does not divide the encoder's {features.Tokens} features");
        layer = Add("llama_proj", scope.Child("llama_proj").Linear(features.Width * group, width, bias: true));
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>Builds the projector and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The group does not divide the encoder's features, or the checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static TokenJoinProjector Create(TokenJoinOptions options, InputProjectorContext context)
    {
        var projector = new TokenJoinProjector(options, context.Features, context.Width, context.Scope);
        if (options.Checkpoint is { } path) ProjectorCheckpoint.Load(context.Scope, options, path, [new KeyMap("MiniGPT-v2", [new("llama_proj.", "llama_proj.")], [])], leftOut: []);
        else RandomWeights.Linear(context.Scope, context.Seed);
        return projector;
    }

    /// <inheritdoc/>
    public int TokensFor(FeatureSpec features) => features.Tokens / group;

    /// <inheritdoc/>
    public Tensor Project(Tensor features)
    {
        var joined = features.reshape(features.shape[0], -1, features.shape[2] * group); // [I, N, De] -> [I, Q, group * De]
        return layer.Forward(joined);                                                    // [I, Q, D]
    }
}
