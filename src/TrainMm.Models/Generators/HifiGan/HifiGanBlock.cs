using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Audio;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.HifiGan;

/// <summary>A residual block of HiFi-GAN (arXiv:2010.05646, appendix A.1): pairs of convolutions, the first of which sees ever wider, each pair added to what it got.</summary>
internal sealed class HifiGanBlock : NamedModule
{
    private readonly ModuleList<Convolution> wide;
    private readonly ModuleList<Convolution> near;
    private readonly double slope;

    /// <summary>Makes the block.</summary>
    /// <param name="channels">Channels in and out.</param>
    /// <param name="kernel">Steps that each convolution sees.</param>
    /// <param name="dilations">The steps between them in the first convolution of each pair.</param>
    /// <param name="slope">The activation's slope below zero.</param>
    /// <param name="scope">The block's place.</param>
    public HifiGanBlock(int channels, int kernel, IReadOnlyList<int> dilations, double slope, ModuleScope scope)
        : base(nameof(HifiGanBlock))
    {
        this.slope = slope;
        wide = Add("convs1", Convolutions("convs1", i => dilations[i]));
        near = Add("convs2", Convolutions("convs2", _ => 1));

        ModuleList<Convolution> Convolutions(string name, Func<int, int> dilation) => new([.. Enumerable.Range(0, dilations.Count).Select(i => new Convolution(
            (channels, channels), kernel, stride: 1, dilation(i) * (kernel - 1) / 2, hasBias: true, scope.Child(name).Child(i), dilation(i)))]);
    }

    /// <summary>[B, channels, T] → [B, channels, T].</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        for (var i = 0; i < wide.Count; i++)
            x = x.add(near[i].Forward(Activated(wide[i].Forward(Activated(x)))));
        return x.MoveToOuterDisposeScope();
    }

    private Tensor Activated(Tensor x) => nn.functional.leaky_relu(x, slope);
}
