using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Nfnet;

/// <summary>Sizes of a block.</summary>
/// <param name="From">Channels that come in.</param>
/// <param name="To">Channels that go out.</param>
/// <param name="Stride">Pixels between outputs.</param>
/// <param name="GroupSize">Channels that a convolution of 3 × 3 joins.</param>
/// <param name="Alpha">α.</param>
/// <param name="Beta">β, the input's expected standard deviation.</param>
internal sealed record NfnetBlockSizes(int From, int To, int Stride, int GroupSize, double Alpha, double Beta);

/// <summary>
/// A residual block without normalisation (arXiv:2102.06171, figure 5): h + α f(h/β), where f is a bottleneck of four convolutions, squeeze-and-excitation
/// and a learned gain. Where the size changes, the shortcut leaves after the first activation.
/// </summary>
internal sealed class NfnetBlock : NamedModule
{
    private readonly NfnetBlockSizes sizes;
    private readonly ScaledConvolution? shortcut;
    private readonly ScaledConvolution[] convolutions;
    private readonly SqueezeExcite excite;
    private readonly Parameter gain;

    public NfnetBlock(NfnetBlockSizes sizes, ModuleScope scope)
        : base(nameof(NfnetBlock))
    {
        this.sizes = sizes;
        var inner = sizes.To / 2;
        var groups = inner / sizes.GroupSize;
        if (sizes.From != sizes.To || sizes.Stride != 1)
            shortcut = Add("downsample", new Enclosed<ScaledConvolution>("conv", new ScaledConvolution(sizes.From, sizes.To, 1, scope.Child("downsample").Child("conv")))).Inner;
        convolutions =
        [
            Add("conv1", new ScaledConvolution(sizes.From, inner, 1, scope.Child("conv1"))),
            Add("conv2", new ScaledConvolution(inner, inner, 3, scope.Child("conv2"), sizes.Stride, groups)),
            Add("conv2b", new ScaledConvolution(inner, inner, 3, scope.Child("conv2b"), groups: groups)),
            Add("conv3", new ScaledConvolution(inner, sizes.To, 1, scope.Child("conv3"))),
        ];
        excite = Add("attn_last", new SqueezeExcite(sizes.To, scope.Child("attn_last")));
        gain = Add("skipinit_gain", scope.Parameter("skipinit_gain"));
    }

    /// <summary>[I, from, H, W] → [I, to, ⌈H/stride⌉, ⌈W/stride⌉].</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var active = NfnetActivation.Apply(x).div(sizes.Beta);
        var kept = shortcut is null ? x : shortcut.Forward(Shrink(active));
        var y = convolutions[0].Forward(active);                                                               // [I, to/2, H, W]
        foreach (var convolution in convolutions.AsSpan(1)) y = convolution.Forward(NfnetActivation.Apply(y)); // [I, to, H/stride, W/stride]
        return kept.add(excite.Forward(y).mul(gain.CastTo(y.dtype)).mul(sizes.Alpha)).MoveToOuterDisposeScope();
    }

    /// <summary>The mean of each square of pixels; at an odd edge, of those that are there.</summary>
    private Tensor Shrink(Tensor x) => sizes.Stride == 1 ? x : nn.functional.avg_pool2d(x, sizes.Stride, sizes.Stride, ceil_mode: true, count_include_pad: false);

    /// <summary>Squeeze-and-excitation (arXiv:1709.01507, section 3), times 2 so that the variance stays.</summary>
    private sealed class SqueezeExcite : NamedModule
    {
        private readonly Convolution first;
        private readonly Convolution second;

        public SqueezeExcite(int channels, ModuleScope scope)
            : base(nameof(SqueezeExcite))
        {
            first = Add("fc1", new Convolution(channels, channels / 2, scope.Child("fc1")));
            second = Add("fc2", new Convolution(channels / 2, channels, scope.Child("fc2")));
        }

        /// <summary>[I, C, H, W] → [I, C, H, W].</summary>
        public Tensor Forward(Tensor x)
        {
            var weights = second.Forward(nn.functional.relu(first.Forward(x.mean([2, 3], keepdim: true)))).sigmoid(); // [I, C, 1, 1]
            return x.mul(weights).mul(2);
        }
    }

    /// <summary>A linear layer over channels.</summary>
    private sealed class Convolution : NamedModule
    {
        private readonly Parameter weight;
        private readonly Parameter bias;

        public Convolution(int from, int to, ModuleScope scope)
            : base(nameof(Convolution))
        {
            weight = Add("weight", scope.Parameter("weight", to, from, 1, 1));
            bias = Add("bias", scope.Parameter("bias", to));
        }

        /// <summary>[I, from, H, W] → [I, to, H, W].</summary>
        public Tensor Forward(Tensor x) => nn.functional.conv2d(x, weight.CastTo(x.dtype), bias.CastTo(x.dtype));
    }
}
