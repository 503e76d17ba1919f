using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.ClipVit;

/// <summary>Patches as vectors, the class token before them, and a learned position added to each.</summary>
internal sealed class ClipVitEmbeddings : NamedModule
{
    private readonly Parameter classToken;
    private readonly PatchEmbedding patches;
    private readonly PositionTable positions;

    public ClipVitEmbeddings(ClipVitArchitecture sizes, ModuleScope scope)
        : base(nameof(ClipVitEmbeddings))
    {
        classToken = Add("class_embedding", scope.Parameter("class_embedding", sizes.HiddenSize));
        patches = Add("patch_embedding", new PatchEmbedding(sizes.NumChannels, sizes.PatchSize, sizes.HiddenSize, hasBias: false, scope.Child("patch_embedding")));
        positions = Add("position_embedding", new PositionTable((sizes.Grid * sizes.Grid) + 1, sizes.HiddenSize, scope.Child("position_embedding")));
    }

    /// <summary>[I, 3, H, W] → [I, 1 + N, De].</summary>
    public Tensor Forward(Tensor images)
    {
        var x = patches.Forward(images);                                                               // [I, N, De]
        var first = classToken.CastTo(x.dtype).expand(x.shape[0], 1, x.shape[2]);                      // [I, 1, De]
        return cat([first, x], 1).add(positions.Weight.CastTo(x.dtype));                               // [I, 1 + N, De]
    }
}
