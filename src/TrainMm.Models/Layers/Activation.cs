using TorchSharp.Modules;
using TrainMm.Core.Config;
using static TorchSharp.torch;

namespace TrainMm.Models.Layers;

/// <summary>The activation functions by the names that Hugging Face's <c>config.json</c> gives them.</summary>
public static class Activation
{
    private static readonly Dictionary<string, Func<Tensor, Tensor>> Functions = new(StringComparer.Ordinal)
    {
        ["gelu"] = Gelu,
        ["gelu_new"] = GeluNew,
        ["gelu_fast"] = GeluNew,
        ["gelu_pytorch_tanh"] = x => nn.functional.gelu(x, GELU.Approximate.tanh),
        ["quick_gelu"] = x => x.mul(x.mul(1.702).sigmoid()),
        ["silu"] = x => nn.functional.silu(x),
        ["swish"] = x => nn.functional.silu(x),
        ["relu"] = x => nn.functional.relu(x),
        ["mish"] = x => nn.functional.mish(x),
        ["sigmoid"] = x => x.sigmoid(),
        ["tanh"] = x => x.tanh(),
        ["linear"] = x => x,
    };

    /// <summary>Every known name.</summary>
    public static IReadOnlyCollection<string> Names => Functions.Keys;

    /// <summary>The function of this name.</summary>
    /// <exception cref="ArgumentException">The name is not known.</exception>
    public static Func<Tensor, Tensor> Of(string name) =>
        Functions.TryGetValue(name, out var function)
            ? function
            : throw new ArgumentException($"there is no activation '{name}'; {Spelling.Hint(name, [.. Names], "known activations")}");

    /// <summary>xΦ(x). libtorch 1.13's gradient of it on the CPU is what the memory held before where the gradient behind it is not contiguous (as behind a transposition), so it is made so.</summary>
    private static Tensor Gelu(Tensor x) => ContiguousGradient.apply(nn.functional.gelu(x));

    /// <summary>½x(1 + tanh(√(2/π)(x + 0.044715x³))), written out as GPT-2's reference computes it.</summary>
    private static Tensor GeluNew(Tensor x)
    {
        var inner = x.pow(3).mul(0.044715).add(x).mul(Math.Sqrt(2 / Math.PI));
        return x.mul(0.5).mul(inner.tanh().add(1));
    }

    /// <summary>The same values; a gradient that comes back is contiguous in memory.</summary>
    private sealed class ContiguousGradient : autograd.SingleTensorFunction<ContiguousGradient>
    {
        public override string Name => nameof(ContiguousGradient);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars) => ((Tensor)vars[0]).alias();

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => [grad_output.contiguous()];
    }
}
