using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Generators.Diffusion.Layers;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Diffusion.Unet;

/// <summary>
/// Transformer layers over the frames of a video, in which each place of the grid sees itself in all frames, twice in each layer, and nothing else; the order of frames is not told to it
/// (ModelScopeT2V, arXiv:2308.06571, section 3.2; diffusers' <c>TransformerTemporalModel</c>).
/// </summary>
internal sealed class TemporalTransformer : NamedModule
{
    private readonly GroupNorm norm;
    private readonly LinearLayer first;
    private readonly ModuleList<TransformerBlock> layers;
    private readonly LinearLayer last;

    /// <summary>Makes the layers.</summary>
    /// <param name="channels">Channels in and out.</param>
    /// <param name="sizes">The layers' sizes, whose width may be another.</param>
    /// <param name="scope">The layers' place.</param>
    public TemporalTransformer(int channels, TransformerSizes sizes, ModuleScope scope)
        : base(nameof(TemporalTransformer))
    {
        norm = Add("norm", new GroupNorm(channels, sizes.Groups, TransformerSizes.NormEpsilon, scope.Child("norm")));
        first = Add("proj_in", scope.Child("proj_in").Linear(channels, sizes.Width, bias: true));
        layers = Add("transformer_blocks", new ModuleList<TransformerBlock>([.. Enumerable.Range(0, sizes.Depth).Select(i => new TransformerBlock(sizes, scope.Child("transformer_blocks").Child(i)))]));
        last = Add("proj_out", scope.Child("proj_out").Linear(sizes.Width, channels, bias: true));
    }

    /// <summary>[B · F, channels, H, W] → the same shape.</summary>
    /// <param name="x">[B · F, channels, H, W], a video's frames one after the other.</param>
    /// <param name="frames">F.</param>
    public Tensor Forward(Tensor x, long frames)
    {
        using var scope = NewDisposeScope();
        var video = x.unflatten(0, [-1, frames]).transpose(1, 2);                                    // [B, channels, F, H, W]
        var grid = video.permute(0, 3, 4, 2, 1).shape;                                               // B, H, W, F, channels
        var y = first.Forward(norm.Forward(video).permute(0, 3, 4, 2, 1).flatten(0, 2));             // [B · H · W, F, width]
        foreach (var layer in layers) y = layer.Forward(y, seen: null);
        y = last.Forward(y).reshape(grid).permute(0, 3, 4, 1, 2);                                    // [B, F, channels, H, W]
        return y.reshape(x.shape).add(x).MoveToOuterDisposeScope();                                  // [B · F, channels, H, W]
    }
}
