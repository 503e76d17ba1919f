using TorchSharp.Modules;
using TrainMm.Core.Config;
using TrainMm.Torch;
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
        ["quick_gelu"] = x => FusedOperators.Cover(x) ? QuickGelu.apply(x) : x.mul(x.mul(1.702).sigmoid()),
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

    /// <summary>The gated form: the activation of the first, times the second (arXiv:2002.05202).</summary>
    /// <exception cref="ArgumentException">The name is not known.</exception>
    public static Func<Tensor, Tensor, Tensor> Gated(string name)
    {
        var activation = Of(name);
        return name is "silu" or "swish"
            ? (gate, up) => FusedOperators.Cover(gate) ? Swiglu.apply(gate, up) : activation(gate).mul(up)
            : (gate, up) => activation(gate).mul(up);
    }

    /// <summary>xΦ(x). libtorch 1.13's gradient of it on the CPU is what the memory held before where the gradient behind it is not contiguous (as behind a transposition), so it is made so.</summary>
    private static Tensor Gelu(Tensor x) => ContiguousGradient.apply(nn.functional.gelu(x));

    /// <summary>½x(1 + tanh(√(2/π)(x + 0.044715x³))), written out as GPT-2's reference computes it.</summary>
    private static Tensor GeluNew(Tensor x)
    {
        var inner = x.pow(3).mul(0.044715).add(x).mul(Math.Sqrt(2 / Math.PI));
        return x.mul(0.5).mul(inner.tanh().add(1));
    }

    private sealed class QuickGelu : autograd.SingleTensorFunction<QuickGelu>
    {
        public override string Name => nameof(QuickGelu);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            ctx.save_for_backward([(Tensor)vars[0]]);
            return FusedOperators.QuickGelu((Tensor)vars[0]);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => [FusedOperators.QuickGeluBackward(grad_output, ctx.get_saved_variables()[0])];
    }

    private sealed class Swiglu : autograd.SingleTensorFunction<Swiglu>
    {
        public override string Name => nameof(Swiglu);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (gate, up) = ((Tensor)vars[0], (Tensor)vars[1]);
            ctx.save_for_backward([gate, up]);
            return FusedOperators.Swiglu(gate, up);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            var saved = ctx.get_saved_variables();
            var (gate, up) = FusedOperators.SwigluBackward(grad_output, saved[0], saved[1]);
            return [gate, up];
        }
    }

    /// <summary>The same values; a gradient that comes back is contiguous in memory.</summary>
    private sealed class ContiguousGradient : autograd.SingleTensorFunction<ContiguousGradient>
    {
        public override string Name => nameof(ContiguousGradient);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars) => ((Tensor)vars[0]).alias();

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => [grad_output.contiguous()];
    }
}
