using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Hubert;

/// <summary>
/// HuBERT (arXiv:2106.07447, section II): a waveform through convolutions to 50 frames a second, a convolution for their places, and a transformer, in the two layouts of the published
/// checkpoints. The parameters have the names of Hugging Face's <c>HubertModel</c>.
/// </summary>
public sealed class HubertEncoder : NamedModule, IModalityEncoder
{
    private readonly HubertArchitecture sizes;
    private readonly HubertFeatureExtractor extractor;
    private readonly HubertFeatureProjection projection;
    private readonly HubertTransformer transformer;
    private readonly ScalarType dtype;
    private readonly bool isMasked;

    /// <summary>Makes the encoder; its parameters have no values yet.</summary>
    /// <param name="sizes">Sizes.</param>
    /// <param name="input">How sound is prepared.</param>
    /// <param name="isMasked">Whether padding is hidden from attention.</param>
    /// <param name="scope">The root of its parameters.</param>
    public HubertEncoder(HubertArchitecture sizes, WaveformSpec input, bool isMasked, ModuleScope scope)
        : base(nameof(HubertEncoder))
    {
        this.sizes = sizes;
        this.isMasked = isMasked;
        dtype = scope.Dtype;
        Input = input;
        Output = new FeatureSpec(sizes.Frames(input.Samples), sizes.HiddenSize);
        extractor = Add("feature_extractor", new HubertFeatureExtractor(sizes, scope.Child("feature_extractor")));
        projection = Add("feature_projection", new HubertFeatureProjection(sizes, scope.Child("feature_projection")));
        transformer = Add("encoder", new HubertTransformer(sizes, scope.Child("encoder")));
    }

    /// <inheritdoc/>
    public MediaSpec Input { get; }

    /// <inheritdoc/>
    public FeatureSpec Output { get; }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>Builds the encoder and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The clips would be too short, or the checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static HubertEncoder Create(HubertOptions options, EncoderContext context)
    {
        var architecture = options.Architecture ?? HubertArchitecture.Read(HuggingFaceConfig.Open(options.Checkpoint!));
        var (input, hidesPadding) = HubertPreprocessing.Read(options, architecture);
        var encoder = new HubertEncoder(architecture, input, hidesPadding, context.Scope);
        if (options.Checkpoint is not null)
        {
            PartCheckpoint.Load(context.Scope, options, nameof(options.Checkpoint), options.Checkpoint, HubertLayout.All);
            return encoder;
        }

        RandomWeights.Transformer(context.Scope, context.Seed, architecture.InitializerRange);
        encoder.transformer.ResetPositions();
        return encoder;
    }

    /// <inheritdoc/>
    public Tensor Encode(Tensor media) => Features(media.select(1, 0), isMasked ? media.select(1, 1) : null);

    /// <summary>[I, S] → [I, channels, N]: the convolutions' output.</summary>
    public Tensor Frames(Tensor waveform) => extractor.Forward(waveform.CastTo(dtype));

    /// <summary>[I, S] → [I, N, De].</summary>
    /// <param name="waveform">[I, S].</param>
    /// <param name="mask">[I, S], 1 where the clip is, 0 behind its end; null where nothing is to be hidden.</param>
    /// <param name="observe">Called with 0 and the states before the first layer, then with each layer's number from 1 and its output; the last is given behind the last norm.</param>
    public Tensor Features(Tensor waveform, Tensor? mask = null, Action<int, Tensor>? observe = null)
    {
        var frames = Frames(waveform).transpose(1, 2);                     // [I, N, channels]
        var real = mask is null ? null : FrameMask(mask);                  // [I, N]
        return transformer.Forward(projection.Forward(frames), real, observe);
    }

    /// <summary>[I, S] → [I, N] bool: the frames that so many samples would have become by themselves.</summary>
    public Tensor FrameMask(Tensor mask)
    {
        var counts = mask.ne(0).sum(1L).cpu().data<long>().ToArray();
        var frames = tensor(counts.Select(count => (long)sizes.Frames((int)count)).ToArray()).to(mask.device).unsqueeze(1);   // [I, 1]
        return arange(sizes.Frames((int)mask.shape[1]), ScalarType.Int64, mask.device).unsqueeze(0).lt(frames);              // [I, N]
    }
}
