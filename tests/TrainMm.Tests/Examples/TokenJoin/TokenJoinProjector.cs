using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Models.InputProjectors;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Examples.TokenJoin;

/// <summary>Joins neighbouring features and projects them to the language model's width, as MiniGPT-v2 does with four (arXiv:2310.09478, section 2.1).</summary>
public sealed class TokenJoinProjector : NamedModule, IInputProjector
{
    private readonly int group;
    private readonly LinearLayer layer;

    /// <summary>Makes the projector; the widths are learnt from its neighbours.</summary>
    /// <exception cref="ConfigurationException">The group does not divide the encoder's features.</exception>
    public TokenJoinProjector(TokenJoinOptions options, InputProjectorContext context)
        : base(nameof(TokenJoinProjector))
    {
        group = options.Group;
        if (context.Features.Tokens % group != 0)
            throw OptionSource.Error(options, nameof(options.Group), $"does not divide the encoder's {context.Features.Tokens} features");
        layer = Add("linear", context.Scope.Child("linear").Linear(context.Features.Width * group, context.Width, bias: true));
        RandomWeights.Linear(context.Scope, context.Seed);
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <inheritdoc/>
    public int TokensFor(FeatureSpec features) => features.Tokens / group;

    /// <inheritdoc/>
    public Tensor Project(Tensor features)
    {
        var joined = features.reshape(features.shape[0], -1, features.shape[2] * group); // [I, N, De] -> [I, Q, group * De]
        return layer.Forward(joined);                                                    // [I, Q, D]
    }
}
