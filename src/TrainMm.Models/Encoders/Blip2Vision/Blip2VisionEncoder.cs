using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Blip2Vision;

/// <summary>
/// The vision transformer that BLIP-2 looks through (arXiv:2301.12597, section 3.3): EVA-CLIP's ViT-g/14 (arXiv:2211.07636) without its last layer, with a norm of its own behind it.
/// Class token and patches are handed on. The parameters have the names of Hugging Face's <c>Blip2VisionModel</c>.
/// </summary>
public sealed class Blip2VisionEncoder : NamedModule, IModalityEncoder
{
    private readonly Blip2VisionTransformer tower;
    private readonly ScalarType dtype;

    /// <summary>Makes the encoder; its parameters have no values yet.</summary>
    public Blip2VisionEncoder(Blip2VisionArchitecture sizes, ImageSpec input, ModuleScope scope)
        : base(nameof(Blip2VisionEncoder))
    {
        dtype = scope.Dtype;
        Input = input;
        Output = new FeatureSpec((sizes.Grid * sizes.Grid) + 1, sizes.HiddenSize);
        tower = Add("vision_model", new Blip2VisionTransformer(sizes, scope.Child("vision_model")));
    }

    /// <inheritdoc/>
    public MediaSpec Input { get; }

    /// <inheritdoc/>
    public FeatureSpec Output { get; }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>Builds the encoder and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static Blip2VisionEncoder Create(Blip2VisionOptions options, EncoderContext context)
    {
        var sizes = options.Architecture ?? Blip2VisionArchitecture.Read(HuggingFaceConfig.Open(options.Checkpoint!));
        var encoder = new Blip2VisionEncoder(sizes, Images(options.Checkpoint, sizes.ImageSize), context.Scope);
        if (options.Checkpoint is null) RandomWeights.Transformer(context.Scope, context.Seed, sizes.InitializerRange);
        else PartCheckpoint.Load(context.Scope, options, nameof(options.Checkpoint), options.Checkpoint, Layout);
        return encoder;
    }

    /// <inheritdoc/>
    public Tensor Encode(Tensor media) => Features(media);

    /// <summary>[I, 3, H, W] → [I, 1 + N, De].</summary>
    /// <param name="media">[I, 3, H, W].</param>
    /// <param name="observe">Called with 0 and the embeddings, then with each layer's number from 1 and its output.</param>
    public Tensor Features(Tensor media, Action<int, Tensor>? observe = null) => tower.Forward(media.CastTo(dtype), observe);

    /// <summary>What the tower's tensors are called in a whole BLIP-2.</summary>
    private static KeyMap Layout => new("Blip2ForConditionalGeneration", [new("vision_model.", "vision_model.")], [".position_ids"]);

    /// <summary>BLIP's processor squashes images where CLIP's crops them; all else has the same defaults.</summary>
    private static ImageSpec Images(string? folder, int size) => ImagePreprocessing.Read(folder, size, ImageDefaults.Clip with { Fit = ImageFit.Squash }, exact: true);
}
