using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.EvaClip;

/// <summary>Two linear layers with GELU between, and with <c>subln</c> a norm after it.</summary>
internal sealed class EvaFeedForward : NamedModule
{
    /// <summary>ε of the inner norm: EVA-CLIP leaves it at PyTorch's default here, unlike in the gated layer.</summary>
    private const double InnerEpsilon = 1e-5;

    private static readonly Func<Tensor, Tensor> Gelu = Activation.Of("gelu");

    private readonly LinearLayer first;
    private readonly LayerNorm? norm;
    private readonly LinearLayer second;

    public EvaFeedForward(EvaClipArchitecture sizes, ModuleScope scope)
        : base(nameof(EvaFeedForward))
    {
        first = Add("fc1", scope.Child("fc1").Linear(sizes.Width, sizes.InnerSize, bias: true));
        if (sizes.Subln) norm = Add("ffn_ln", new LayerNorm(sizes.InnerSize, InnerEpsilon, scope.Child("ffn_ln")));
        second = Add("fc2", scope.Child("fc2").Linear(sizes.InnerSize, sizes.Width, bias: true));
    }

    /// <summary>[I, T, De] → [I, T, De].</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var inner = Gelu(first.Forward(x));                                           // [I, T, inner]
        return second.Forward(norm?.Forward(inner) ?? inner).MoveToOuterDisposeScope();
    }
}

/// <summary>SwiGLU (arXiv:2002.05202): SiLU(x W₁) · x W₂, with <c>subln</c> a norm, then W₃.</summary>
internal sealed class EvaGatedFeedForward : NamedModule
{
    private readonly LinearLayer gate;
    private readonly LinearLayer values;
    private readonly LayerNorm? norm;
    private readonly LinearLayer output;

    public EvaGatedFeedForward(EvaClipArchitecture sizes, ModuleScope scope)
        : base(nameof(EvaGatedFeedForward))
    {
        gate = Add("w1", scope.Child("w1").Linear(sizes.Width, sizes.InnerSize, bias: true));
        values = Add("w2", scope.Child("w2").Linear(sizes.Width, sizes.InnerSize, bias: true));
        if (sizes.Subln) norm = Add("ffn_ln", new LayerNorm(sizes.InnerSize, EvaLayer.Epsilon, scope.Child("ffn_ln")));
        output = Add("w3", scope.Child("w3").Linear(sizes.InnerSize, sizes.Width, bias: true));
    }

    /// <summary>[I, T, De] → [I, T, De].</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var inner = nn.functional.silu(gate.Forward(x)).mul(values.Forward(x));       // [I, T, inner]
        return output.Forward(norm?.Forward(inner) ?? inner).MoveToOuterDisposeScope();
    }
}
