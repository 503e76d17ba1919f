using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.FrameStack;

/// <summary>
/// The projector of SLAM-ASR (arXiv:2402.08846, section 3.1): every few frames are joined, and two linear layers with ReLU between them bring them to the language model's width.
/// Its layers have the names of SLAM-LLM's <c>EncoderProjectorConcat</c>.
/// </summary>
public sealed class FrameStackProjector : NamedModule, IInputProjector
{
    private static readonly string[] OwnFiles = ["input_projector.safetensors", "model.pt"];

    private readonly int group;
    private readonly LinearLayer first;
    private readonly LinearLayer second;

    /// <summary>Makes the projector; its parameters have no values yet.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The encoder gives too few frames for one soft token.</exception>
    public FrameStackProjector(FrameStackOptions options, InputProjectorContext context)
        : base(nameof(FrameStackProjector))
    {
        group = options.Group;
        if (group > context.Features.Tokens) throw OptionSource.Error(options, nameof(options.Group), $"is more than the encoder's {context.Features.Tokens} features");
        first = Add("linear1", context.Scope.Child("linear1").Linear((long)context.Features.Width * group, options.HiddenWidth, bias: true));
        second = Add("linear2", context.Scope.Child("linear2").Linear(options.HiddenWidth, context.Width, bias: true));
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>Builds the projector and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit, or there are too few frames.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static FrameStackProjector Create(FrameStackOptions options, InputProjectorContext context)
    {
        var projector = new FrameStackProjector(options, context);
        if (options.Checkpoint is not { } path)
        {
            RandomWeights.Linear(context.Scope, context.Seed);
            return projector;
        }

        KeyMap[] layouts =
        [
            new("a run's own", [new($"{context.Scope.Root}.", ""), new("", null)], []),
            new("SLAM-LLM", [new("encoder_projector.", ""), new("", null)], []),
            KeyMap.Identity,
        ];
        using var source = WeightSource.Open(path, OwnFiles);
        PartCheckpoint.Load(context.Scope, options, nameof(options.Checkpoint), source, layouts);
        return projector;
    }

    /// <inheritdoc/>
    public int TokensFor(FeatureSpec features) => features.Tokens / group;

    /// <inheritdoc/>
    public Tensor Project(Tensor features)
    {
        var count = features.shape[1] / group;                                                             // Q
        var joined = features.narrow(1, 0, count * group).reshape(features.shape[0], count, -1);           // [I, Q, group * De]
        return second.Forward(nn.functional.relu(first.Forward(joined)));                                  // [I, Q, D]
    }
}
