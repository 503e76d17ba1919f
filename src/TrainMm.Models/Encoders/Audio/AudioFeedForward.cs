using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Audio;

/// <summary>Two linear layers with an activation between them.</summary>
internal sealed class AudioFeedForward
{
    private readonly LinearLayer first;
    private readonly LinearLayer second;
    private readonly Func<Tensor, Tensor> activation;

    /// <summary>Joins the layers.</summary>
    /// <param name="first">De → inner.</param>
    /// <param name="second">Inner → De.</param>
    /// <param name="activation">The activation's name.</param>
    public AudioFeedForward(LinearLayer first, LinearLayer second, string activation)
    {
        this.first = first;
        this.second = second;
        this.activation = Activation.Of(activation);
    }

    /// <summary>[I, N, De] → [I, N, De].</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return second.Forward(activation(first.Forward(x))).MoveToOuterDisposeScope();
    }
}
