using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Nfnet;

/// <summary>
/// A convolution with scaled weight standardisation (arXiv:2101.08692, equation 6): each output channel's weights get mean 0 and variance 1/fan-in, times a learned
/// gain. Images are padded with zeros to ⌈side / stride⌉ outputs, the odd pixel behind, as DeepMind's code does.
/// </summary>
internal sealed class ScaledConvolution : NamedModule
{
    /// <summary>Smallest variance · fan-in, in DeepMind's code.</summary>
    private const double Epsilon = 1e-4;

    private readonly Parameter weight;
    private readonly Parameter gain;
    private readonly Parameter bias;
    private readonly long kernel;
    private readonly long stride;
    private readonly long groups;

    /// <summary>Makes the layer.</summary>
    /// <param name="from">Channels that come in.</param>
    /// <param name="to">Channels that go out.</param>
    /// <param name="kernel">Pixels of the kernel's side.</param>
    /// <param name="scope">The layer's place.</param>
    /// <param name="stride">Pixels between outputs.</param>
    /// <param name="groups">Groups of channels that do not see one another.</param>
    public ScaledConvolution(long from, long to, long kernel, ModuleScope scope, long stride = 1, long groups = 1)
        : base(nameof(ScaledConvolution))
    {
        (this.kernel, this.stride, this.groups) = (kernel, stride, groups);
        weight = Add("weight", scope.Parameter("weight", to, from / groups, kernel, kernel));
        gain = Add("gain", scope.Parameter("gain", to, 1, 1, 1));
        bias = Add("bias", scope.Parameter("bias", to));
    }

    /// <summary>[I, from, H, W] → [I, to, ⌈H/stride⌉, ⌈W/stride⌉].</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (Missing(x.shape[2]), Missing(x.shape[3]));
        if (height > 0 || width > 0) x = nn.functional.pad(x, (width / 2, width - (width / 2), height / 2, height - (height / 2)));
        return nn.functional.conv2d(x, Standardised().CastTo(x.dtype), bias.CastTo(x.dtype), strides: [stride, stride], groups: groups).MoveToOuterDisposeScope();
    }

    /// <summary>The weights that are applied, in fp32 at least: half precision would lose the small variances.</summary>
    private Tensor Standardised()
    {
        var w = weight.dtype == ScalarType.Float64 ? weight : weight.CastTo(ScalarType.Float32);
        var fanIn = w.shape[1] * kernel * kernel;
        var centred = w.sub(w.mean([1, 2, 3], keepdim: true));
        var variance = centred.square().mean([1, 2, 3], keepdim: true);                                        // [to, 1, 1, 1]
        return centred.mul(variance.mul(fanIn).clamp_min(Epsilon).rsqrt().mul(gain.CastTo(w.dtype)));
    }

    private long Missing(long side) => Math.Max(0, ((((side + stride - 1) / stride) - 1) * stride) + kernel - side);
}
