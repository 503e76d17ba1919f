using TorchSharp.Modules;
using TrainMm.Core.Roles;
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
        patches = Add("patch_embedding", new PatchEmbedding(sizes, scope.Child("patch_embedding")));
        positions = Add("position_embedding", new PositionTable((sizes.Grid * sizes.Grid) + 1, sizes.HiddenSize, scope.Child("position_embedding")));
    }

    /// <summary>[I, 3, H, W] → [I, 1 + N, De].</summary>
    public Tensor Forward(Tensor images)
    {
        var x = patches.Forward(images).flatten(2).transpose(1, 2);                                    // [I, N, De]
        var first = classToken.CastTo(x.dtype).expand(x.shape[0], 1, x.shape[2]);                      // [I, 1, De]
        return cat([first, x], 1).add(positions.Weight.CastTo(x.dtype));                               // [I, 1 + N, De]
    }

    private sealed class PatchEmbedding : NamedModule
    {
        private readonly Parameter weight;
        private readonly long[] stride;

        public PatchEmbedding(ClipVitArchitecture sizes, ModuleScope scope)
            : base(nameof(PatchEmbedding))
        {
            weight = Add("weight", scope.Parameter("weight", sizes.HiddenSize, sizes.NumChannels, sizes.PatchSize, sizes.PatchSize));
            stride = [sizes.PatchSize, sizes.PatchSize];
        }

        /// <summary>[I, 3, H, W] → [I, De, H/patch, W/patch].</summary>
        public Tensor Forward(Tensor images) => nn.functional.conv2d(images, weight.CastTo(images.dtype), strides: stride);
    }

    private sealed class PositionTable : NamedModule
    {
        public PositionTable(long count, long width, ModuleScope scope)
            : base(nameof(PositionTable))
        {
            Weight = Add("weight", scope.Parameter("weight", count, width));
        }

        /// <summary>[1 + N, De].</summary>
        public Parameter Weight { get; }
    }
}
