using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Vision;

/// <summary>Attention of a sequence to itself over four linear layers, which the caller has registered under the names of its checkpoint.</summary>
/// <param name="Queries">De → De.</param>
/// <param name="Keys">De → De.</param>
/// <param name="Values">De → De.</param>
/// <param name="Output">De → De.</param>
/// <param name="Heads">Heads.</param>
internal sealed record SelfAttention(LinearLayer Queries, LinearLayer Keys, LinearLayer Values, LinearLayer Output, int Heads)
{
    /// <summary>[I, T, De] → [I, T, De].</summary>
    /// <param name="x">[I, T, De].</param>
    /// <param name="mask">[I or 1, 1, T, T], added to the scores; null where all may attend to all.</param>
    public Tensor Forward(Tensor x, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        var q = Attention.Split(Queries.Forward(x), Heads);                   // [I, heads, T, d]
        var k = Attention.Split(Keys.Forward(x), Heads);                      // [I, heads, T, d]
        var v = Attention.Split(Values.Forward(x), Heads);                    // [I, heads, T, d]
        return Output.Forward(Attention.Attend(q, k, v, mask)).MoveToOuterDisposeScope(); // [I, T, De]
    }
}
