using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.ImageBind;

/// <summary>
/// One modality's branch of ImageBind (arXiv:2305.05665, section 3): tokens, a transformer, and a head into the space that all modalities share. The parameters
/// have the names of <c>imagebind_huge.pth</c>.
/// </summary>
internal sealed class ImageBindBranch : NamedModule, IVisionTower
{
    private const double Epsilon = 1e-6;
    private const double LargestScale = 100;

    private readonly ImageBindBranchSizes sizes;
    private readonly IImageBindStem stem;
    private readonly ImageBindTrunk trunk;
    private readonly LayerNorm? norm;
    private readonly DenseLinear? projection;
    private readonly Parameter? logScale;

    /// <summary>Makes the branch; its parameters have no values yet.</summary>
    /// <param name="sizes">The whole branch's sizes.</param>
    /// <param name="extent">How much of it is built.</param>
    /// <param name="scope">The model's root.</param>
    public ImageBindBranch(ImageBindBranchSizes sizes, TowerExtent extent, ModuleScope scope)
        : base(nameof(ImageBindBranch))
    {
        this.sizes = sizes;
        var name = sizes.Name;
        stem = sizes.Stem(scope.Child("modality_preprocessors").Child(name));
        Add("modality_preprocessors", new Enclosed<nn.Module>(name, stem.Module));
        trunk = Add("modality_trunks", new Enclosed<ImageBindTrunk>(name, new ImageBindTrunk(sizes, extent.Depth, scope.Child("modality_trunks").Child(name)))).Inner;
        var head = scope.Child("modality_heads").Child(name);
        if (extent.Norm) norm = new LayerNorm(sizes.Trunk.EmbedDim, Epsilon, Place(head, sizes.Projection.Norm));
        if (extent.Pool) projection = new DenseLinear(Place(head, sizes.Projection.Linear).Parameter("weight", sizes.Out, sizes.Trunk.EmbedDim), bias: null);
        if (norm is not null) Add("modality_heads", new Enclosed<Head>(name, new Head(sizes.Projection, norm, projection)));
        if (!extent.Pool || sizes.Scale == ImageBindScale.None) return;
        logScale = scope.Child("modality_postprocessors").Child(name).Child(1).Parameter("log_logit_scale");
        Add("modality_postprocessors", new Enclosed<Enclosed<Scaling>>(name, new Enclosed<Scaling>("1", new Scaling(logScale))));
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>Tokens of a medium, without the class token.</summary>
    public int Patches => stem.Places;

    /// <summary>[I, ...] → [I, T, D]: what the transformer is given.</summary>
    public Tensor Embed(Tensor media) => stem.Embed(media);

    /// <inheritdoc/>
    public Tensor Forward(Tensor images, Action<int, Tensor>? observe = null)
    {
        var tokens = Embed(images);                                                             // [I, T, D]
        return trunk.Forward(tokens, stem.Mask(tokens), observe);
    }

    /// <inheritdoc/>
    public Tensor Norm(Tensor features) => (norm ?? throw TowerExtent.NotBuilt("head's norm")).Forward(features);

    /// <inheritdoc/>
    public Tensor Pool(Tensor features) => Finish(Norm(features).select(1, 0));

    /// <summary>Media to vectors in the shared space, [I, out]; clips of one medium, [I, clips, ...], are averaged at the very end.</summary>
    public Tensor Bind(Tensor media)
    {
        if (media.Dimensions < 5) return Finish(stem.Select(Norm(Forward(media)), media));
        var (count, clips) = (media.shape[0], media.shape[1]);
        return Bind(media.flatten(0, 1)).view(count, clips, sizes.Out).mean([1]);
    }

    /// <summary>[I, D] → [I, out]: projected, brought to length 1 and scaled.</summary>
    private Tensor Finish(Tensor vectors)
    {
        var shared = nn.functional.normalize((projection ?? throw TowerExtent.NotBuilt("head")).Forward(vectors), dim: -1);
        if (logScale is null) return shared;
        var scale = logScale.CastTo(shared.dtype).exp().clamp_max(LargestScale);
        return shared.mul(sizes.Scale == ImageBindScale.Learned ? scale : scale.detach());
    }

    private static ModuleScope Place(ModuleScope head, string path) => path.Split('.').Aggregate(head, (place, name) => place.Child(name));

    private sealed class Head : NamedModule
    {
        public Head((string Norm, string Linear) names, LayerNorm norm, DenseLinear? projection)
            : base(nameof(Head))
        {
            var level = names.Norm.Split('.');
            if (level.Length == 1)
            {
                Add(names.Norm, norm);
                if (projection is not null) Add(names.Linear, projection);
            }
            else
            {
                Add(level[0], new Head((level[1], names.Linear.Split('.')[1]), norm, projection));
            }
        }
    }

    private sealed class Scaling : NamedModule
    {
        public Scaling(Parameter scale)
            : base(nameof(Scaling)) => Add("log_logit_scale", scale);
    }
}
