using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Vision;

/// <summary>Two linear layers with an activation between: <c>fc1</c> and <c>fc2</c>.</summary>
internal sealed class FeedForward : NamedModule
{
    private readonly LinearLayer first;
    private readonly LinearLayer second;
    private readonly Func<Tensor, Tensor> activation;

    /// <summary>Makes the layer.</summary>
    /// <param name="width">De.</param>
    /// <param name="inner">Width between the two.</param>
    /// <param name="activation">The activation's name.</param>
    /// <param name="scope">The layer's place.</param>
    public FeedForward(long width, long inner, string activation, ModuleScope scope)
        : base(nameof(FeedForward))
    {
        first = Add("fc1", scope.Child("fc1").Linear(width, inner, bias: true));
        second = Add("fc2", scope.Child("fc2").Linear(inner, width, bias: true));
        this.activation = Activation.Of(activation);
    }

    /// <summary>[I, T, De] → [I, T, De].</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return second.Forward(activation(first.Forward(x))).MoveToOuterDisposeScope();
    }
}
