using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.ClipVit;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Clip;

/// <summary>
/// CLIP's half that sees, with its projection into the space shared with texts (arXiv:2103.00020, section 2.3): pictures as vectors of length one. It is frozen.
/// Its folder is that of Hugging Face's <c>CLIPVisionModelWithProjection</c>, or a whole CLIP's.
/// </summary>
public sealed class ClipImageTower : NamedModule
{
    private static readonly KeyMap ProjectionLayout = new("CLIPVisionModelWithProjection", [new("visual_projection.", "")], []);

    private readonly ClipVitEncoder encoder;
    private readonly LinearLayer projection;
    private readonly ImageSpec input;

    /// <summary>Reads the tower.</summary>
    /// <param name="options">Whose line is named where the folder does not fit.</param>
    /// <param name="property">The option that names the folder.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="scope">Where the parameters lie; it names nothing that is trained.</param>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public ClipImageTower(object options, string property, string folder, ModuleScope scope)
        : base(nameof(ClipImageTower))
    {
        var width = ClipVitArchitecture.Read(HuggingFaceConfig.Open(folder)).HiddenSize;
        encoder = Add("encoder", ClipVitEncoder.CreateWhole(new ClipVitOptions { Checkpoint = folder, SelectFeature = FeatureSelection.Pooled }, new EncoderContext(scope.Below("encoder"), Seed: 0)));
        input = (ImageSpec)encoder.Input;
        using var source = WeightSource.Open(folder);
        var place = scope.Below("visual_projection");
        projection = Add("visual_projection", place.Linear(width, Width(source), bias: false));
        PartCheckpoint.Load(place, options, property, source, [ProjectionLayout]);
    }

    /// <summary>E, the width of the shared space.</summary>
    public int OutputWidth => (int)projection.OutFeatures;

    /// <summary>[B, 3, H, W] float32 in [0, 1] → [B, E] float32 of length one; pictures of another size are brought to the tower's with bicubic resampling.</summary>
    public Tensor Forward(Tensor pictures)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var x = pictures.shape[2] == input.Height && pictures.shape[3] == input.Width
            ? pictures
            : nn.functional.interpolate(pictures, size: [input.Height, input.Width], mode: InterpolationMode.Bicubic, align_corners: false).clamp(0, 1); // [B, 3, 64, 64]
        x = x.sub(Channels(input.Mean, x.device)).div(Channels(input.Std, x.device));
        var pooled = encoder.Pool(encoder.Features(x));                                                          // [B, De]
        return nn.functional.normalize(projection.Forward(pooled).to_type(ScalarType.Float32), dim: -1).MoveToOuterDisposeScope(); // [B, E]
    }

    private static long Width(WeightSource source) => source.Entry("visual_projection.weight").Shape[0];

    private static Tensor Channels(ChannelStatistics figures, Device device) => tensor(new[] { (float)figures.Red, (float)figures.Green, (float)figures.Blue }, device: device).view(1, 3, 1, 1);
}
