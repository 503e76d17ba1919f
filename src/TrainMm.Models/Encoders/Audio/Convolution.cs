using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Audio;

/// <summary>A convolution over time.</summary>
internal sealed class Convolution : NamedModule
{
    private readonly Parameter weight;
    private readonly Parameter? bias;
    private readonly int stride;
    private readonly int padding;
    private readonly int dilation;

    /// <summary>Makes the layer.</summary>
    /// <param name="channels">Channels in and out.</param>
    /// <param name="kernel">Steps that are seen.</param>
    /// <param name="stride">Steps from one output to the next.</param>
    /// <param name="padding">Zeros at either end.</param>
    /// <param name="hasBias">Whether there is a bias.</param>
    /// <param name="scope">Its place.</param>
    /// <param name="dilation">Steps between those that are seen.</param>
    public Convolution((int In, int Out) channels, int kernel, int stride, int padding, bool hasBias, ModuleScope scope, int dilation = 1)
        : base(nameof(Convolution))
    {
        this.dilation = dilation;
        this.stride = stride;
        this.padding = padding;
        weight = Add("weight", scope.Parameter("weight", channels.Out, channels.In, kernel));
        if (hasBias) bias = Add("bias", scope.Parameter("bias", channels.Out));
    }

    /// <summary>[I, in, T] → [I, out, (T + 2 padding − dilation (kernel − 1) − 1) / stride + 1].</summary>
    public Tensor Forward(Tensor x) => nn.functional.conv1d(x, weight.CastTo(x.dtype), bias?.CastTo(x.dtype), stride, padding, dilation);
}
