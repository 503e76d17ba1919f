using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.ClipVit;

/// <summary>
/// The vision transformer of CLIP (arXiv:2103.00020, section 2.4): patches and a class token, a norm before the first layer, pre-norm layers with quick-GELU.
/// Features are taken from an inner layer without a further norm, as LLaVA-1.5 does (arXiv:2310.03744). The parameters have the names of Hugging Face's
/// <c>CLIPVisionModel</c>, its <c>pre_layrnorm</c> included.
/// </summary>
public sealed class ClipVitEncoder : NamedModule, IModalityEncoder
{
    private readonly ClipVisionTransformer tower;
    private readonly FeatureSelection selection;
    private readonly ScalarType dtype;

    /// <summary>Makes the encoder; its parameters have no values yet.</summary>
    /// <param name="sizes">The whole tower's sizes.</param>
    /// <param name="depth">How many of its layers are run.</param>
    /// <param name="selection">Which features are handed on.</param>
    /// <param name="input">How images are prepared.</param>
    /// <param name="scope">The root of its parameters.</param>
    /// <param name="pools">Whether <see cref="Pool"/> will be called.</param>
    public ClipVitEncoder(ClipVitArchitecture sizes, int depth, FeatureSelection selection, ImageSpec input, ModuleScope scope, bool pools = false)
        : base(nameof(ClipVitEncoder))
    {
        this.selection = selection;
        dtype = scope.Dtype;
        Input = input;
        var patches = sizes.Grid * sizes.Grid;
        Output = selection switch
        {
            FeatureSelection.Pooled => new FeatureSpec(1, sizes.HiddenSize),
            FeatureSelection.ClsPatch => new FeatureSpec(patches + 1, sizes.HiddenSize),
            _ => new FeatureSpec(patches, sizes.HiddenSize, sizes.Grid, sizes.Grid),
        };
        tower = Add("vision_model", new ClipVisionTransformer(sizes, depth, pools, scope.Child("vision_model")));
    }

    /// <inheritdoc/>
    public MediaSpec Input { get; }

    /// <inheritdoc/>
    public FeatureSpec Output { get; }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>Builds the encoder and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">There is no such layer, or the checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static ClipVitEncoder Create(ClipVitOptions options, EncoderContext context) => Build(options, context, wholeTower: false);

    /// <summary>Builds the whole tower, with the layers behind the selected one and the norm of the pooled output, which a run has no use for: for files that others read.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static ClipVitEncoder CreateWhole(ClipVitOptions options, EncoderContext context) => Build(options, context, wholeTower: true);

    /// <inheritdoc/>
    public Tensor Encode(Tensor media) => Select(Features(media));

    /// <summary>[I, 3, H, W] → [I, 1 + N, De]: the class token and the patches of the last layer that was built.</summary>
    /// <param name="media">[I, 3, H, W].</param>
    /// <param name="observe">Called with 0 and the embeddings after their norm, then with each layer's number from 1 and its output.</param>
    public Tensor Features(Tensor media, Action<int, Tensor>? observe = null) => tower.Forward(media.CastTo(dtype), observe);

    /// <summary>[I, 1 + N, De] → [I, De]: CLIP's image vector before its projection.</summary>
    /// <exception cref="InvalidOperationException">The encoder was built without it.</exception>
    public Tensor Pool(Tensor features) => tower.Pool(features);

    /// <summary>[I, 1 + N, De] → [I, N, 1 + N or 1, De].</summary>
    private Tensor Select(Tensor features) => selection switch
    {
        FeatureSelection.Pooled => Pool(features).unsqueeze(1),
        FeatureSelection.ClsPatch => features,
        _ => features.narrow(1, 1, features.shape[1] - 1),
    };

    private static ClipVitEncoder Build(ClipVitOptions options, EncoderContext context, bool wholeTower)
    {
        var sizes = options.Architecture ?? ClipVitArchitecture.Read(HuggingFaceConfig.Open(options.Checkpoint!));
        var layers = sizes.NumHiddenLayers;
        var depth = options.SelectLayer < 0 ? layers + 1 + options.SelectLayer : options.SelectLayer;
        if (depth < 0 || depth > layers)
            throw OptionSource.Error(options, nameof(options.SelectLayer), $"there is no layer {options.SelectLayer}: the tower has {layers}", $"from −{layers + 1} to {layers}");
        var input = ClipPreprocessing.Read(options.Checkpoint, sizes.ImageSize);
        if (options.ImageFit is { } fit) input = input with { Fit = fit };
        var pools = wholeTower || options.SelectFeature == FeatureSelection.Pooled;
        var built = pools ? layers : depth;
        var encoder = new ClipVitEncoder(sizes, built, options.SelectFeature, input, context.Scope, pools);
        if (options.Checkpoint is null)
        {
            RandomWeights.Transformer(context.Scope, context.Seed, sizes.InitializerRange);
            return encoder;
        }

        var property = options.Weights is null ? nameof(options.Checkpoint) : nameof(options.Weights);
        PartCheckpoint.Load(context.Scope, options, property, options.Weights ?? options.Checkpoint, ClipVitLayout.For(sizes, built, pools));
        return encoder;
    }
}
