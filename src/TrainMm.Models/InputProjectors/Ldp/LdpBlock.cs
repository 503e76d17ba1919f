using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.Ldp;

/// <summary>
/// MobileNetV3's inverted residual (arXiv:1905.02244, section 3) without expansion, with layer norms over the channels: a 3 × 3 depthwise convolution,
/// channels weighted by squeeze-and-excitation (arXiv:1709.01507), a pointwise convolution; what came in is added where the sides stay.
/// </summary>
internal sealed class LdpBlock : NamedModule
{
    /// <summary>Of the channels, what is left between excitation's two layers; a multiple of eight.</summary>
    private const long Squeeze = 4;
    private const long Multiple = 8;

    private readonly Layers layers;
    private readonly bool addsInput;

    public LdpBlock(long width, long stride, ModuleScope scope)
        : base(nameof(LdpBlock))
    {
        addsInput = stride == 1;
        layers = Add("block", new Layers(width, stride, scope.Child("block")));
    }

    /// <summary>[I, D, H, W] → [I, D, H/stride, W/stride].</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var result = layers.Forward(x);
        return (addsInput ? result.add(x) : result).MoveToOuterDisposeScope();
    }

    /// <summary>The multiple of eight nearest to a quarter of the channels, at least nine tenths of it.</summary>
    private static long Squeezed(long width)
    {
        var wanted = width / Squeeze;
        var rounded = Math.Max(Multiple, (wanted + (Multiple / 2)) / Multiple * Multiple);
        return rounded < 0.9 * wanted ? rounded + Multiple : rounded;
    }

    private sealed class Layers : NamedModule
    {
        private readonly NormedConvolution depthwise;
        private readonly Excitation excitation;
        private readonly NormedConvolution pointwise;

        public Layers(long width, long stride, ModuleScope scope)
            : base(nameof(Layers))
        {
            depthwise = Add("0", new NormedConvolution(width, kernel: 3, stride, groups: width, scope.Child(0)));
            excitation = Add("1", new Excitation(width, Squeezed(width), scope.Child(1)));
            pointwise = Add("2", new NormedConvolution(width, kernel: 1, stride: 1, groups: 1, scope.Child(2)));
        }

        public Tensor Forward(Tensor x) => pointwise.Forward(excitation.Forward(nn.functional.hardswish(depthwise.Forward(x))));
    }

    /// <summary>A convolution without bias, then a norm over the channels of each place.</summary>
    private sealed class NormedConvolution : NamedModule
    {
        /// <summary>ε of the norm, PyTorch's default.</summary>
        private const double Epsilon = 1e-5;

        private readonly Convolution convolution;
        private readonly LayerNorm norm;
        private readonly long[] strides;
        private readonly long[] padding;
        private readonly long groups;

        public NormedConvolution(long width, long kernel, long stride, long groups, ModuleScope scope)
            : base(nameof(NormedConvolution))
        {
            convolution = Add("0", new Convolution(width, width / groups, kernel, bias: false, scope.Child(0)));
            norm = Add("1", new LayerNorm(width, Epsilon, scope.Child(1)));
            (strides, padding, this.groups) = ([stride, stride], [kernel / 2, kernel / 2], groups);
        }

        public Tensor Forward(Tensor x)
        {
            var y = convolution.Forward(x, strides, padding, groups);
            return norm.Forward(y.permute(0, 2, 3, 1)).permute(0, 3, 1, 2);                     // [I, H, W, D] inside
        }
    }

    /// <summary>Weighs each channel by what all channels hold on average.</summary>
    private sealed class Excitation : NamedModule
    {
        private readonly Convolution first;
        private readonly Convolution second;

        public Excitation(long width, long squeezed, ModuleScope scope)
            : base(nameof(Excitation))
        {
            first = Add("fc1", new Convolution(squeezed, width, 1, bias: true, scope.Child("fc1")));
            second = Add("fc2", new Convolution(width, squeezed, 1, bias: true, scope.Child("fc2")));
        }

        public Tensor Forward(Tensor x)
        {
            var average = x.mean([2, 3], keepdim: true);                                        // [I, D, 1, 1]
            return x.mul(nn.functional.hardsigmoid(second.Forward(nn.functional.relu(first.Forward(average)))));
        }
    }

    private sealed class Convolution : NamedModule
    {
        private readonly Parameter weight;
        private readonly Parameter? bias;

        public Convolution(long to, long from, long kernel, bool bias, ModuleScope scope)
            : base(nameof(Convolution))
        {
            weight = Add("weight", scope.Parameter("weight", to, from, kernel, kernel));
            if (bias) this.bias = Add("bias", scope.Parameter("bias", to));
        }

        public Tensor Forward(Tensor x, long[]? strides = null, long[]? padding = null, long groups = 1) =>
            nn.functional.conv2d(x, weight.CastTo(x.dtype), bias?.CastTo(x.dtype), strides: strides, padding: padding, groups: groups);
    }
}
