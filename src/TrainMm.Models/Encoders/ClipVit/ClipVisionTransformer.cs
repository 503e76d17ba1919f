using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.ClipVit;

/// <summary>The vision tower that checkpoints call <c>vision_model</c>, with as many of its layers as are wanted.</summary>
internal sealed class ClipVisionTransformer : NamedModule
{
    private readonly ClipVitEmbeddings embeddings;
    private readonly LayerNorm firstNorm;
    private readonly PreNormStack layers;
    private readonly LayerNorm? pooledNorm;

    /// <summary>Makes the tower.</summary>
    /// <param name="sizes">Sizes.</param>
    /// <param name="depth">How many layers are built.</param>
    /// <param name="pools">Whether the norm of the pooled output is built; features before it do not need it.</param>
    /// <param name="scope">The tower's place.</param>
    public ClipVisionTransformer(ClipVitArchitecture sizes, int depth, bool pools, ModuleScope scope)
        : base(nameof(ClipVisionTransformer))
    {
        embeddings = Add("embeddings", new ClipVitEmbeddings(sizes, scope.Child("embeddings")));
        firstNorm = Add("pre_layrnorm", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("pre_layrnorm")));
        layers = Add("encoder", new PreNormStack(sizes.Layer, depth, scope.Child("encoder")));
        if (pools) pooledNorm = Add("post_layernorm", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("post_layernorm")));
    }

    /// <summary>[I, 3, H, W] → [I, 1 + N, De], the output of the last layer that was built.</summary>
    /// <param name="images">[I, 3, H, W].</param>
    /// <param name="observe">Called with 0 and the embeddings after their norm, then with each layer's number from 1 and its output.</param>
    public Tensor Forward(Tensor images, Action<int, Tensor>? observe = null) => layers.Forward(firstNorm.Forward(embeddings.Forward(images)), observe);

    /// <summary>[I, 1 + N, De] → [I, De]: the normed class token.</summary>
    /// <exception cref="InvalidOperationException">The norm was not built.</exception>
    public Tensor Pool(Tensor features) =>
        (pooledNorm ?? throw new InvalidOperationException("This tower was built without its pooled output.")).Forward(features.select(1, 0));
}
