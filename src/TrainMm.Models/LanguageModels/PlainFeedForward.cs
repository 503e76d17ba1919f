using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels;

/// <summary>Two projections with an activation between (arXiv:1706.03762, section 3.3).</summary>
internal sealed class PlainFeedForward : DecoderFeedForward
{
    private readonly LinearLayer first;
    private readonly LinearLayer second;
    private readonly Func<Tensor, Tensor> activation;

    /// <summary>Makes the layer in its place.</summary>
    /// <param name="firstName">The official name of the projection from D.</param>
    /// <param name="secondName">The official name of the projection back.</param>
    /// <param name="width">D.</param>
    /// <param name="inner">The width between them.</param>
    /// <param name="act">The activation's name.</param>
    /// <param name="scope">The layer's place.</param>
    /// <param name="isTransposed">Whether the checkpoint keeps the weights as [in, out].</param>
    public PlainFeedForward(string firstName, string secondName, int width, int inner, string act, ModuleScope scope, bool isTransposed = false)
        : base(nameof(PlainFeedForward))
    {
        first = Add(firstName, scope.Child(firstName).Linear(width, inner, bias: true, isTransposed));
        second = Add(secondName, scope.Child(secondName).Linear(inner, width, bias: true, isTransposed));
        activation = Activation.Of(act);
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, DecoderPass pass, MediaRows? mediaRows)
    {
        using var scope = NewDisposeScope();
        var inner = activation(first.Forward(x, mediaRows));                     // [B, T, inner]
        return second.Forward(inner, mediaRows).MoveToOuterDisposeScope();       // [B, T, D]
    }
}
