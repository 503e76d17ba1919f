using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.CFormer;

/// <summary>
/// Continuous integrate-and-fire (arXiv:1905.11235, section 3.1): each frame has a weight, weights are added up frame by frame, and each time the sum has grown by one, the frames since then,
/// by their weights, are a token; a frame at the border gives a part to either side. The weights of a medium are scaled to the number of tokens (its scaling strategy, section 3.2).
/// </summary>
internal sealed class IntegrateAndFire : NamedModule
{
    private const double Epsilon = 1e-5;
    private const int Window = 3;

    private readonly Parameter kernel;
    private readonly Parameter bias;
    private readonly LayerNorm norm;
    private readonly LinearLayer weight;
    private readonly int tokens;

    public IntegrateAndFire(long width, int tokens, ModuleScope scope)
        : base(nameof(IntegrateAndFire))
    {
        this.tokens = tokens;
        var place = scope.Child("conv");
        kernel = place.Parameter("weight", width, width, Window);
        bias = place.Parameter("bias", width);
        Add("conv", new Holder(kernel, bias));
        norm = Add("norm", new LayerNorm(width, Epsilon, scope.Child("norm")));
        weight = Add("weight", scope.Child("weight").Linear(width, 1, bias: true));
    }

    /// <summary>[I, N, De] → [I, Q, De].</summary>
    public Tensor Forward(Tensor features)
    {
        using var scope = NewDisposeScope();
        return Shares(Weights(features), tokens).to_type(features.dtype).matmul(features).MoveToOuterDisposeScope();
    }

    /// <summary>[I, N] float32, each above 0: what the frame and its two neighbours say.</summary>
    private Tensor Weights(Tensor features)
    {
        var x = nn.functional.conv1d(features.transpose(1, 2), kernel.CastTo(features.dtype), bias.CastTo(features.dtype), stride: 1, padding: Window / 2).transpose(1, 2); // [I, N, De]
        return weight.Forward(nn.functional.relu(norm.Forward(x))).squeeze(-1).to_type(ScalarType.Float32).sigmoid();                                                      // [I, N]
    }

    /// <summary>[I, N] → [I, Q, N]: how much of each frame each token has. With the weights laid end to end, token i has what lies between i and i + 1.</summary>
    private static Tensor Shares(Tensor weights, int tokens)
    {
        var scaled = weights.mul(tokens).div(weights.sum([1], keepdim: true));         // [I, N], of sum Q
        var ends = scaled.cumsum(1).unsqueeze(1);                                      // [I, 1, N]
        var starts = ends.sub(scaled.unsqueeze(1));
        var first = arange(tokens, ScalarType.Float32, weights.device).view(1, -1, 1); // [1, Q, 1]
        return ends.minimum(first.add(1)).sub(starts.maximum(first)).clamp_min(0);     // [I, Q, N]
    }

    private sealed class Holder : NamedModule
    {
        public Holder(Parameter weight, Parameter bias)
            : base(nameof(Holder))
        {
            Add("weight", weight);
            Add("bias", bias);
        }
    }
}
