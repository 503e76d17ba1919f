using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Diffusion.Layers;

/// <summary>
/// Convolutions over the frames of a video (ModelScopeT2V, arXiv:2308.06571, section 3.2; diffusers' <c>TemporalConvLayer</c>): four times norm, SiLU and a convolution over three frames,
/// each place of the grid by itself, added to what came in. Where the last one's weights are zeros, as training begins, nothing is added. The reference's dropout, a tenth, is training's: here it is left out.
/// </summary>
internal sealed class TemporalConvolution : NamedModule
{
    private const int Stages = 4;

    /// <summary>ε of the norms, whatever the UNet's others have.</summary>
    private const double Epsilon = 1e-5;

    private readonly Stage[] stages;

    /// <summary>Makes the layers.</summary>
    /// <param name="channels">Channels in and out.</param>
    /// <param name="groups">Groups of the norms.</param>
    /// <param name="scope">The layers' place.</param>
    public TemporalConvolution(long channels, long groups, ModuleScope scope)
        : base(nameof(TemporalConvolution))
    {
        // The first has no dropout between activation and convolution, which takes a place among the others' names.
        stages = [.. Enumerable.Range(0, Stages).Select(i => Add($"conv{i + 1}", new Stage(channels, groups, i == 0 ? "2" : "3", scope.Child($"conv{i + 1}"))))];
    }

    /// <summary>[B · F, channels, H, W] → the same shape.</summary>
    /// <param name="x">[B · F, channels, H, W], a video's frames one after the other.</param>
    /// <param name="frames">F.</param>
    public Tensor Forward(Tensor x, long frames)
    {
        using var scope = NewDisposeScope();
        var y = x.flatten(2).unflatten(0, [-1, frames]).transpose(1, 2);                             // [B, channels, F, H · W]
        foreach (var stage in stages) y = stage.Forward(y);
        return y.transpose(1, 2).reshape(x.shape).add(x).MoveToOuterDisposeScope();                  // [B · F, channels, H, W]
    }

    private sealed class Stage : NamedModule
    {
        private readonly Func<Tensor, Tensor> activation = Activation.Of("silu");
        private readonly GroupNorm norm;
        private readonly FrameConvolution convolution;

        public Stage(long channels, long groups, string place, ModuleScope scope)
            : base(nameof(Stage))
        {
            norm = Add("0", new GroupNorm(channels, groups, Epsilon, scope.Child("0")));
            convolution = Add(place, new FrameConvolution(channels, scope.Child(place)));
        }

        /// <summary>[B, channels, F, H · W] → the same shape.</summary>
        public Tensor Forward(Tensor x) => convolution.Forward(activation(norm.Forward(x)));
    }

    private sealed class FrameConvolution : NamedModule
    {
        private const int Kernel = 3;

        private readonly Parameter weight;
        private readonly Parameter bias;

        public FrameConvolution(long channels, ModuleScope scope)
            : base(nameof(FrameConvolution))
        {
            weight = Add("weight", scope.Parameter("weight", channels, channels, Kernel, 1, 1));
            bias = Add("bias", scope.Parameter("bias", channels));
        }

        /// <summary>[B, channels, F, H · W] → the same shape; before the first frame and behind the last there are zeros. With the places in a row it takes half of what a convolution in three dimensions takes.</summary>
        public Tensor Forward(Tensor x) => nn.functional.conv2d(x, weight.squeeze(-1).CastTo(x.dtype), bias.CastTo(x.dtype), padding: [Kernel / 2, 0]);
    }
}
