using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Audio;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Hubert;

/// <summary>The convolutions that turn a waveform into frames (wav2vec 2.0, arXiv:2006.11477, section 2).</summary>
internal sealed class HubertFeatureExtractor : NamedModule
{
    /// <summary>PyTorch's default, which no configuration changes.</summary>
    private const double NormEpsilon = 1e-5;

    private readonly ModuleList<Layer> layers;

    public HubertFeatureExtractor(HubertArchitecture sizes, ModuleScope scope)
        : base(nameof(HubertFeatureExtractor))
    {
        layers = Add("conv_layers", new ModuleList<Layer>([.. Enumerable.Range(0, sizes.ConvDim.Count).Select(i => new Layer(sizes, i, scope.Child("conv_layers").Child(i)))]));
    }

    /// <summary>[I, S] → [I, channels, N].</summary>
    public Tensor Forward(Tensor waveform)
    {
        var x = waveform.unsqueeze(1);                                     // [I, 1, S]
        foreach (var layer in layers) x = layer.Forward(x);                // [I, channels, frames]
        return x;
    }

    private sealed class Layer : NamedModule
    {
        private readonly Convolution convolution;
        private readonly Parameter? weight;
        private readonly Parameter? bias;
        private readonly FeatureNorm kind;
        private readonly Func<Tensor, Tensor> activation;

        public Layer(HubertArchitecture sizes, int index, ModuleScope scope)
            : base(nameof(Layer))
        {
            var (width, before) = (sizes.ConvDim[index], index == 0 ? 1 : sizes.ConvDim[index - 1]);
            kind = sizes.FeatExtractNorm;
            activation = Activation.Of(sizes.FeatExtractActivation);
            convolution = Add("conv", new Convolution((before, width), sizes.ConvKernel[index], sizes.ConvStride[index], padding: 0, sizes.ConvBias, scope.Child("conv")));
            if (kind == FeatureNorm.Group && index > 0) return;
            var norm = scope.Child("layer_norm");
            var module = Add("layer_norm", new Norm(width, norm));
            (weight, bias) = (module.Weight, module.Bias);
        }

        /// <summary>[I, in, T] → [I, out, fewer].</summary>
        public Tensor Forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            x = convolution.Forward(x);                                    // [I, out, fewer]
            if (weight is not null) x = kind == FeatureNorm.Group ? OverTime(x) : OverChannels(x);
            return activation(x).MoveToOuterDisposeScope();
        }

        private Tensor OverTime(Tensor x) => nn.functional.group_norm(x, x.shape[1], weight!.CastTo(x.dtype), bias!.CastTo(x.dtype), NormEpsilon);

        private Tensor OverChannels(Tensor x) =>
            nn.functional.layer_norm(x.transpose(1, 2), [x.shape[1]], weight!.CastTo(x.dtype), bias!.CastTo(x.dtype), NormEpsilon).transpose(1, 2);
    }

    /// <summary>Weight and bias, whatever they norm.</summary>
    private sealed class Norm : NamedModule
    {
        public Norm(int width, ModuleScope scope)
            : base(nameof(Norm))
        {
            Weight = Add("weight", scope.Parameter("weight", width));
            Bias = Add("bias", scope.Parameter("bias", width));
        }

        public Parameter Weight { get; }

        public Parameter Bias { get; }
    }
}
