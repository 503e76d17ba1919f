using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.T5;

/// <summary>Two projections with an activation between, or, gated, three: wo(act(wi_0 x) · wi_1 x) (arXiv:2002.05202, section 2).</summary>
internal sealed class T5FeedForward : NamedModule
{
    private readonly LinearLayer first;
    private readonly LinearLayer? gated;
    private readonly LinearLayer output;
    private readonly Func<Tensor, Tensor> activation;

    public T5FeedForward(T5Architecture sizes, ModuleScope scope)
        : base(nameof(T5FeedForward))
    {
        var name = sizes.IsGated ? "wi_0" : "wi";
        first = Add(name, scope.Child(name).Linear(sizes.DModel, sizes.DFf, bias: false));
        if (sizes.IsGated) gated = Add("wi_1", scope.Child("wi_1").Linear(sizes.DModel, sizes.DFf, bias: false));
        output = Add("wo", scope.Child("wo").Linear(sizes.DFf, sizes.DModel, bias: false));
        activation = Activation.Of(sizes.ActivationName);
    }

    /// <summary>[B, T, D] → [B, T, D].</summary>
    public Tensor Forward(Tensor x, MediaRows? mediaRows)
    {
        using var scope = NewDisposeScope();
        var inner = activation(first.Forward(x, mediaRows));                                  // [B, T, inner]
        if (gated is not null) inner = inner.mul(gated.Forward(x, mediaRows));
        return output.Forward(inner, mediaRows).MoveToOuterDisposeScope();                    // [B, T, D]
    }
}
