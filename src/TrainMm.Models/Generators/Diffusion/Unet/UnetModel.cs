using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Generators.Diffusion.Layers;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Diffusion.Unet;

/// <summary>
/// The UNet of a latent diffusion model (arXiv:2112.10752, section 3.2): noised latents, their timestep and a condition to what the noise was. The parameters have the
/// names of diffusers' <c>UNet2DConditionModel</c>, or, with the parts that let the frames of a video see each other (arXiv:2308.06571, section 3.2), <c>UNet3DConditionModel</c>.
/// </summary>
public sealed class UnetModel : NamedModule
{
    /// <summary>Heads of the attention over time before the first block, whatever the width of the channels.</summary>
    private const int FirstTemporalHeads = 8;

    private readonly UnetArchitecture sizes;
    private readonly TimestepEmbedding time;
    private readonly Convolution2d first;
    private readonly TemporalTransformer? overTime;
    private readonly ModuleList<UnetDownBlock> down;
    private readonly UnetMidBlock? middle;
    private readonly ModuleList<UnetUpBlock> up;
    private readonly GroupNorm norm;
    private readonly Func<Tensor, Tensor> activation;
    private readonly Convolution2d last;

    /// <summary>Makes the UNet; its parameters have no values yet.</summary>
    /// <param name="sizes">Sizes.</param>
    /// <param name="scope">The root of its parameters.</param>
    public UnetModel(UnetArchitecture sizes, ModuleScope scope)
        : base(nameof(UnetModel))
    {
        this.sizes = sizes;
        var (channels, blocks) = (sizes.BlockOutChannels[0], sizes.BlockOutChannels.Count);
        time = Add("time_embedding", new TimestepEmbedding(channels, sizes.TimeWidth, sizes.ActFn, sizes.TimeEmbeddingActFn, scope.Child("time_embedding")));
        first = Add("conv_in", new Convolution2d(sizes.InChannels, channels, sizes.ConvInKernel, scope.Child("conv_in")));
        if (sizes.TemporalHeadWidth is { } width) overTime = Add("transformer_in", new TemporalTransformer(channels, sizes.OverTime(FirstTemporalHeads, width), scope.Child("transformer_in")));
        down = Add("down_blocks", new ModuleList<UnetDownBlock>([.. Enumerable.Range(0, blocks).Select(i => new UnetDownBlock(sizes, i, scope.Child("down_blocks").Child(i)))]));
        if (sizes.MidBlockType is not null) middle = Add("mid_block", new UnetMidBlock(sizes, scope.Child("mid_block")));
        up = Add("up_blocks", new ModuleList<UnetUpBlock>([.. Enumerable.Range(0, blocks).Select(i => new UnetUpBlock(sizes, i, scope.Child("up_blocks").Child(i)))]));
        norm = Add("conv_norm_out", new GroupNorm(channels, sizes.NormNumGroups, sizes.NormEps, scope.Child("conv_norm_out")));
        activation = Activation.Of(sizes.ActFn);
        last = Add("conv_out", new Convolution2d(channels, sizes.OutChannels, sizes.ConvOutKernel, scope.Child("conv_out")));
    }

    /// <summary>[B, channels in, H, W] → [B, channels out, H, W], of images; of videos [B, channels in, F, H, W] → [B, channels out, F, H, W].</summary>
    /// <param name="latents">[B, channels in, H, W] or [B, channels in, F, H, W], noised, in the run's element type.</param>
    /// <param name="timesteps">[B] int64, on the same device.</param>
    /// <param name="condition">[B, C, Dg]; gradients flow to it though the UNet be frozen.</param>
    public Tensor Forward(Tensor latents, Tensor timesteps, Tensor condition) => Forward(latents, timesteps, [new UnetContext(condition)]);

    /// <summary>[B, channels in, H, W] → [B, channels out, H, W], of images; of videos [B, channels in, F, H, W] → [B, channels out, F, H, W].</summary>
    /// <param name="latents">[B, channels in, H, W] or [B, channels in, F, H, W], noised, in the run's element type.</param>
    /// <param name="timesteps">[B] int64, on the same device.</param>
    /// <param name="contexts">As many conditions as the UNet's transformers see; gradients flow to them though it be frozen.</param>
    /// <exception cref="ArgumentException">There are more or fewer.</exception>
    public Tensor Forward(Tensor latents, Tensor timesteps, IReadOnlyList<UnetContext> contexts)
    {
        if (contexts.Count != sizes.Contexts) throw new ArgumentException($"There are {contexts.Count} conditions, the UNet sees {sizes.Contexts}.", nameof(contexts));
        using var scope = NewDisposeScope();
        var frames = overTime is null ? 1 : latents.shape[2];
        var embedded = Embed(Waves(timesteps).CastTo(latents.dtype));                                // [B, time width]
        var pass = new UnetPass(
            ForEach(frames, embedded), [.. contexts.Select(context => new UnetContext(ForEach(frames, context.States), context.Mask is { } mask ? ForEach(frames, mask) : null))], frames);
        var x = overTime is null ? latents : latents.transpose(1, 2).flatten(0, 1);                  // [B, channels in, H, W]; from here on B is B · F
        x = first.Forward(sizes.CenterInputSample ? x.mul(2).sub(1) : x);                            // [B, channels, H, W]
        x = overTime?.Forward(x, frames) ?? x;
        var skips = new Stack<Tensor>([x]);
        foreach (var block in down) x = block.Forward(x, pass, skips);                               // [B, deepest channels, H/8, W/8]
        x = middle?.Forward(x, pass) ?? x;
        foreach (var block in up) x = block.Forward(x, pass, skips);                                 // [B, channels, H, W]
        x = last.Forward(activation(norm.Forward(x)));                                               // [B, channels out, H, W]
        return (overTime is null ? x : x.reshape([-1, frames, .. x.shape[1..]]).transpose(1, 2)).MoveToOuterDisposeScope();
    }

    /// <summary>The names of a checkpoint.</summary>
    /// <param name="prefix">What stands before the names in the module.</param>
    internal static KeyMap Layout(string prefix = "") => new("UNet2DConditionModel or UNet3DConditionModel", [new("", prefix)], []);

    /// <summary>[B] int64 → [B, channels] float32, the timestep's waves.</summary>
    internal Tensor Waves(Tensor timesteps) => TimestepEmbedding.Waves(timesteps, sizes.BlockOutChannels[0], sizes.FlipSinToCos, sizes.FreqShift);

    /// <summary>[B, channels] → [B, time width].</summary>
    internal Tensor Embed(Tensor waves) => time.Forward(waves);

    /// <summary>[B, ...] → [B · F, ...], a video's once for each of its frames.</summary>
    private static Tensor ForEach(long frames, Tensor ofVideos) =>
        frames == 1 ? ofVideos : ofVideos.unsqueeze(1).expand([ofVideos.shape[0], frames, .. ofVideos.shape[1..]]).flatten(0, 1);
}
