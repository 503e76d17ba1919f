using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Siglip;

/// <summary>
/// The vision transformer of SigLIP (arXiv:2303.15343; So400m: arXiv:2305.13035): patches with learned positions and no class token, pre-norm layers, a last norm,
/// and a head that pools by attention. The parameters have the names of Hugging Face's <c>SiglipVisionModel</c>.
/// </summary>
internal sealed class SiglipTower : NamedModule, IVisionTower
{
    private readonly Embeddings embeddings;
    private readonly PreNormStack layers;
    private readonly LayerNorm? lastNorm;
    private readonly SiglipPoolingHead? head;

    public SiglipTower(SiglipArchitecture sizes, TowerExtent extent, ModuleScope scope)
        : base(nameof(SiglipTower))
    {
        embeddings = Add("embeddings", new Embeddings(sizes, scope.Child("embeddings")));
        layers = Add("encoder", new PreNormStack(sizes.Layer, extent.Depth, scope.Child("encoder")));
        if (extent.Norm) lastNorm = Add("post_layernorm", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("post_layernorm")));
        if (extent.Pool) head = Add("head", new SiglipPoolingHead(sizes, scope.Child("head")));
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <inheritdoc/>
    public Tensor Forward(Tensor images, Action<int, Tensor>? observe = null) => layers.Forward(embeddings.Forward(images), observe);

    /// <inheritdoc/>
    public Tensor Norm(Tensor features) => (lastNorm ?? throw TowerExtent.NotBuilt("last norm")).Forward(features);

    /// <inheritdoc/>
    public Tensor Pool(Tensor features) => (head ?? throw TowerExtent.NotBuilt("pooling head")).Forward(Norm(features));

    private sealed class Embeddings : NamedModule
    {
        private readonly PatchEmbedding patches;
        private readonly PositionTable positions;
        private readonly int patch;

        public Embeddings(SiglipArchitecture sizes, ModuleScope scope)
            : base(nameof(Embeddings))
        {
            patch = sizes.PatchSize;
            var grid = sizes.ImageSize / patch;
            patches = Add("patch_embedding", new PatchEmbedding(sizes.NumChannels, patch, sizes.HiddenSize, hasBias: true, scope.Child("patch_embedding")));
            positions = Add("position_embedding", new PositionTable((long)grid * grid, sizes.HiddenSize, scope.Child("position_embedding")));
        }

        /// <summary>[I, C, H, W] → [I, N, De].</summary>
        public Tensor Forward(Tensor images)
        {
            var x = patches.Forward(images);                                                                        // [I, N, De]
            return x.add(PositionGrid.Resize(positions.Weight, 0, images.shape[2] / patch, images.shape[3] / patch).CastTo(x.dtype));
        }
    }
}
