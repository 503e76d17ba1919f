using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Vit;

/// <summary>Patches as vectors, the class token before them, and a learned position added to each, by the names that Hugging Face's ViT and DINOv2 share.</summary>
internal sealed class VitEmbeddings : NamedModule
{
    private readonly Parameter classToken;
    private readonly Parameter positions;
    private readonly PatchEmbedding patches;
    private readonly int patch;

    /// <summary>Makes the embeddings.</summary>
    /// <param name="width">De.</param>
    /// <param name="channels">C.</param>
    /// <param name="image">Pixels of the square image's side.</param>
    /// <param name="patch">Pixels of a patch's side.</param>
    /// <param name="scope">The place of <c>embeddings</c>.</param>
    public VitEmbeddings(int width, int channels, int image, int patch, ModuleScope scope)
        : base(nameof(VitEmbeddings))
    {
        this.patch = patch;
        long grid = image / patch;
        classToken = Add("cls_token", scope.Parameter("cls_token", 1, 1, width));
        positions = Add("position_embeddings", scope.Parameter("position_embeddings", 1, (grid * grid) + 1, width));
        var projection = new PatchEmbedding(channels, patch, width, hasBias: true, scope.Child("patch_embeddings").Child("projection"));
        patches = Add("patch_embeddings", new Enclosed<PatchEmbedding>("projection", projection)).Inner;
    }

    /// <summary>[I, C, H, W] → [I, 1 + N, De].</summary>
    public Tensor Forward(Tensor images)
    {
        var x = patches.Forward(images);                                                                             // [I, N, De]
        var first = classToken.CastTo(x.dtype).expand(x.shape[0], 1, x.shape[2]);                                    // [I, 1, De]
        var places = PositionGrid.Rescale(positions.squeeze(0), 1, images.shape[2], images.shape[3], patch);         // [1 + N, De]
        return cat([first, x], 1).add(places.CastTo(x.dtype));                                                       // [I, 1 + N, De]
    }
}
