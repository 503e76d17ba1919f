using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Vision;

/// <summary>Two linear layers with an activation between, as a rule <c>fc1</c> and <c>fc2</c>.</summary>
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
    /// <param name="firstName">What the checkpoint calls the first.</param>
    /// <param name="secondName">What the checkpoint calls the second.</param>
    public FeedForward(long width, long inner, string activation, ModuleScope scope, string firstName = "fc1", string secondName = "fc2")
        : base(nameof(FeedForward))
    {
        first = Add(firstName, scope.Child(firstName).Linear(width, inner, bias: true));
        second = Add(secondName, scope.Child(secondName).Linear(inner, width, bias: true));
        this.activation = Activation.Of(activation);
    }

    /// <summary>[I, T, De] → [I, T, De].</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return second.Forward(activation(first.Forward(x))).MoveToOuterDisposeScope();
    }
}
