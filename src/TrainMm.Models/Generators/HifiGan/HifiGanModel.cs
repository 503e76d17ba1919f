using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.Audio;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.HifiGan;

/// <summary>
/// HiFi-GAN's generator (arXiv:2010.05646, section 2.2), which makes waveforms of log-mel spectrograms: enlargements in time, each followed by residual blocks of several kernels, whose outputs
/// are averaged. The parameters have the names of Hugging Face's <c>SpeechT5HifiGan</c>, weight norm folded in, as it is saved.
/// </summary>
public sealed class HifiGanModel : NamedModule
{
    /// <summary>Steps that the first and the last convolution see.</summary>
    private const int OuterKernel = 7;

    /// <summary>The slope before the last convolution, which is PyTorch's default and no option.</summary>
    private const double LastSlope = 0.01;

    private readonly HifiGanArchitecture sizes;
    private readonly Parameter mean;
    private readonly Parameter scale;
    private readonly Convolution first;
    private readonly ModuleList<Enlargement> enlargements;
    private readonly ModuleList<HifiGanBlock> blocks;
    private readonly Convolution last;

    /// <summary>Makes the model; its parameters have no values yet.</summary>
    /// <param name="sizes">Sizes.</param>
    /// <param name="scope">The root of its parameters.</param>
    public HifiGanModel(HifiGanArchitecture sizes, ModuleScope scope)
        : base(nameof(HifiGanModel))
    {
        this.sizes = sizes;
        mean = Add("mean", scope.Statistics("mean", sizes.ModelInDim));
        scale = Add("scale", scope.Statistics("scale", sizes.ModelInDim));
        first = Add("conv_pre", new Convolution((sizes.ModelInDim, sizes.UpsampleInitialChannel), OuterKernel, stride: 1, OuterKernel / 2, hasBias: true, scope.Child("conv_pre")));
        enlargements = Add("upsampler", new ModuleList<Enlargement>([.. Enumerable.Range(0, sizes.UpsampleRates.Count).Select(i => new Enlargement(sizes, i, scope.Child("upsampler").Child(i)))]));
        var kernels = sizes.ResblockKernelSizes.Count;
        blocks = Add("resblocks", new ModuleList<HifiGanBlock>([.. Enumerable.Range(0, sizes.UpsampleRates.Count * kernels).Select(i => new HifiGanBlock(
            ChannelsBehind(sizes, i / kernels), sizes.ResblockKernelSizes[i % kernels], sizes.ResblockDilationSizes[i % kernels], sizes.LeakyReluSlope, scope.Child("resblocks").Child(i)))]));
        last = Add("conv_post", new Convolution((ChannelsBehind(sizes, sizes.UpsampleRates.Count - 1), 1), OuterKernel, stride: 1, OuterKernel / 2, hasBias: true, scope.Child("conv_post")));
    }

    /// <summary>The names of a checkpoint.</summary>
    /// <param name="prefix">What stands before the names in the module.</param>
    internal static KeyMap Layout(string prefix = "") => new("SpeechT5HifiGan", [new("", prefix)], []);

    /// <summary>[B, T, M] → [B, S], within ±1; S is T · samples a frame, and some more where a kernel is larger than its rate by an odd number, as AudioLDM's first is.</summary>
    /// <param name="spectrograms">[B, T, M], natural logarithms of mel amplitudes, in the run's element type.</param>
    public Tensor Forward(Tensor spectrograms)
    {
        using var scope = NewDisposeScope();
        var x = sizes.NormalizeBefore ? spectrograms.sub(mean.CastTo(spectrograms.dtype)).div(scale.CastTo(spectrograms.dtype)) : spectrograms;
        x = first.Forward(x.transpose(1, 2));                                                         // [B, channels, T]
        var each = sizes.ResblockKernelSizes.Count;
        for (var i = 0; i < enlargements.Count; i++)
        {
            x = enlargements[i].Forward(nn.functional.leaky_relu(x, sizes.LeakyReluSlope));           // [B, channels / 2, T · rate]
            var sum = blocks[i * each].Forward(x);
            for (var j = 1; j < each; j++) sum = sum.add(blocks[(i * each) + j].Forward(x));
            x = sum.div(each);
        }

        var samples = last.Forward(nn.functional.leaky_relu(x, LastSlope));                           // [B, 1, S]
        return samples.tanh().squeeze(1).MoveToOuterDisposeScope();                                   // [B, S]
    }

    /// <summary>Makes the statistics such that they norm nothing, for random weights.</summary>
    internal void ResetStatistics()
    {
        RandomWeights.Fill(mean, 0);
        RandomWeights.Fill(scale, 1);
    }

    /// <summary>Channels behind the i-th enlargement.</summary>
    private static int ChannelsBehind(HifiGanArchitecture sizes, int i) => sizes.UpsampleInitialChannel >> (i + 1);

    /// <summary>A transposed convolution that makes what it gets longer by its rate.</summary>
    private sealed class Enlargement : NamedModule
    {
        private readonly Parameter weight;
        private readonly Parameter bias;
        private readonly int rate;
        private readonly int padding;

        public Enlargement(HifiGanArchitecture sizes, int i, ModuleScope scope)
            : base(nameof(Enlargement))
        {
            var kernel = sizes.UpsampleKernelSizes[i];
            (rate, padding) = (sizes.UpsampleRates[i], (kernel - sizes.UpsampleRates[i]) / 2);
            weight = Add("weight", scope.Parameter("weight", 2 * ChannelsBehind(sizes, i), ChannelsBehind(sizes, i), kernel));
            bias = Add("bias", scope.Parameter("bias", ChannelsBehind(sizes, i)));
        }

        /// <summary>[B, channels, T] → [B, channels / 2, T · rate], one more where kernel − rate is odd.</summary>
        public Tensor Forward(Tensor x) => nn.functional.conv_transpose1d(x, weight.CastTo(x.dtype), bias.CastTo(x.dtype), stride: rate, padding: padding);
    }
}
