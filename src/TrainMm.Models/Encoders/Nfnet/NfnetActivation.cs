using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Nfnet;

/// <summary>GELU scaled so that a standard normal input gives variance 1 (arXiv:2101.08692, section 4); by tanh, as JAX computes it.</summary>
internal static class NfnetActivation
{
    /// <summary>1 / √Var[GELU(z)] for standard normal z.</summary>
    private const double Gamma = 1.7015043497085571;

    private static readonly Func<Tensor, Tensor> Gelu = Activation.Of("gelu_pytorch_tanh");

    /// <summary>γ · GELU(x).</summary>
    public static Tensor Apply(Tensor x) => Gelu(x).mul(Gamma);
}
