using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.ClipText;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Clip;

/// <summary>
/// CLIP's half that reads, with its projection into the space shared with pictures (arXiv:2103.00020, section 2.3): texts as vectors of length one. It is frozen.
/// Its folder is that of Hugging Face's <c>CLIPTextModelWithProjection</c>, or a whole CLIP's.
/// </summary>
public sealed class ClipTextTower : NamedModule
{
    private static readonly KeyMap ProjectionLayout = new("CLIPTextModelWithProjection", [new("text_projection.", "")], []);

    private readonly ClipTextModel text;
    private readonly LinearLayer projection;

    /// <summary>Reads the tower.</summary>
    /// <param name="options">Whose line is named where the folder does not fit.</param>
    /// <param name="property">The option that names the folder.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="scope">Where the parameters lie; it names nothing that is trained.</param>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public ClipTextTower(object options, string property, string folder, ModuleScope scope)
        : base(nameof(ClipTextTower))
    {
        var sizes = ClipTextArchitecture.Read(HuggingFaceConfig.Open(folder));
        using var source = WeightSource.Open(folder);
        if (!source.Contains("text_projection.weight")) throw OptionSource.Error(options, property, $"{folder} has no text_projection.weight: a text encoder without its projection cannot be compared with pictures");
        var (own, place) = (scope.Below("text"), scope.Below("text_projection"));
        text = Add("text", new ClipTextModel(sizes, own));
        projection = Add("text_projection", place.Linear(sizes.HiddenSize, source.Entry("text_projection.weight").Shape[0], bias: false));
        PartCheckpoint.Load(own, options, property, source, [ClipTextModel.Layout]);
        PartCheckpoint.Load(place, options, property, source, [ProjectionLayout]);
        MaxTokens = sizes.MaxPositionEmbeddings;
    }

    /// <summary>The tokens that a text may have.</summary>
    public int MaxTokens { get; }

    /// <summary>E, the width of the shared space.</summary>
    public int OutputWidth => (int)projection.OutFeatures;

    /// <summary>[B, T] int64 → [B, E] float32 of length one.</summary>
    public Tensor Forward(Tensor ids)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var pooled = text.Pool(text.Forward(ids), ids);                                                          // [B, D]
        return nn.functional.normalize(projection.Forward(pooled).to_type(ScalarType.Float32), dim: -1).MoveToOuterDisposeScope(); // [B, E]
    }
}
