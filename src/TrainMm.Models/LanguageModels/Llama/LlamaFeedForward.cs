using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Llama;

/// <summary>The gated feed-forward layer (SwiGLU, arXiv:2002.05202).</summary>
internal sealed class LlamaFeedForward : DecoderFeedForward
{
    private readonly LinearLayer gate;
    private readonly LinearLayer up;
    private readonly LinearLayer down;
    private readonly Func<Tensor, Tensor, Tensor> gated;

    public LlamaFeedForward(LlamaSizes sizes, ModuleScope scope)
        : base(nameof(LlamaFeedForward))
    {
        var names = sizes.Names;
        gate = Add(names.Gate, scope.Child(names.Gate).Linear(sizes.Width, sizes.Intermediate, sizes.FeedForwardBias));
        up = Add(names.Up, scope.Child(names.Up).Linear(sizes.Width, sizes.Intermediate, sizes.FeedForwardBias));
        down = Add(names.Down, scope.Child(names.Down).Linear(sizes.Intermediate, sizes.Width, sizes.FeedForwardBias));
        gated = Activation.Gated(sizes.Activation);
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, DecoderPass pass, MediaRows? mediaRows)
    {
        using var scope = NewDisposeScope();
        var inner = gated(gate.Forward(x, mediaRows), up.Forward(x, mediaRows));          // [B, T, intermediate]
        return down.Forward(inner, mediaRows).MoveToOuterDisposeScope();                  // [B, T, D]
    }
}
