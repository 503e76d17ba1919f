using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.Audio;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Whisper;

/// <summary>
/// The encoder of Whisper (arXiv:2212.04356, section 2.2): a log-mel spectrogram through two convolutions with GELU, fixed sinusoidal positions, pre-norm layers whose keys have no bias, and a last norm.
/// Its input has one length, 30 s as published, which silence fills up. The parameters have the names of Hugging Face's <c>WhisperForConditionalGeneration</c>.
/// </summary>
public sealed class WhisperEncoder : NamedModule, IModalityEncoder
{
    private readonly WhisperTower tower;
    private readonly LogMelSpec input;
    private readonly ScalarType dtype;

    /// <summary>Makes the encoder; its parameters have no values yet.</summary>
    /// <param name="sizes">Sizes.</param>
    /// <param name="input">How sound is prepared.</param>
    /// <param name="scope">The root of its parameters.</param>
    public WhisperEncoder(WhisperArchitecture sizes, LogMelSpec input, ModuleScope scope)
        : base(nameof(WhisperEncoder))
    {
        this.input = input;
        dtype = scope.Dtype;
        Output = new FeatureSpec(sizes.MaxSourcePositions, sizes.DModel);
        tower = Add("model", new Model(sizes, scope.Child("model"))).Tower;
    }

    /// <inheritdoc/>
    public MediaSpec Input => input;

    /// <inheritdoc/>
    public FeatureSpec Output { get; }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>Builds the encoder and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static WhisperEncoder Create(WhisperOptions options, EncoderContext context)
    {
        var sizes = options.Architecture ?? WhisperArchitecture.Read(HuggingFaceConfig.Open(options.Checkpoint!));
        var encoder = new WhisperEncoder(sizes, WhisperPreprocessing.Read(options.Checkpoint, sizes, options.LongClips), context.Scope);
        if (options.Checkpoint is not null)
        {
            PartCheckpoint.Load(context.Scope, options, nameof(options.Checkpoint), options.Checkpoint, WhisperLayout.All);
            return encoder;
        }

        RandomWeights.Transformer(context.Scope, context.Seed, sizes.InitStd);
        SinusoidalPositions.Fill(context.Scope.Parameters["model.encoder.embed_positions.weight"]);
        return encoder;
    }

    /// <inheritdoc/>
    public Tensor Encode(Tensor media) => Features(media);

    /// <summary>[I, M, 2N] → [I, N, De], behind the last norm.</summary>
    /// <param name="media">[I, M, 2N].</param>
    /// <param name="observe">Called with 0 and the states before the first layer, then with each layer's number from 1 and its output; the last is given behind the norm.</param>
    /// <exception cref="ArgumentException">The spectrogram has another size.</exception>
    public Tensor Features(Tensor media, Action<int, Tensor>? observe = null)
    {
        if (media.shape[1] != input.MelBins || media.shape[2] != input.Frames)
            throw new ArgumentException($"The spectrogram is {media.shape[1]} × {media.shape[2]}, this Whisper takes {input.MelBins} × {input.Frames}.");
        return tower.Forward(media.CastTo(dtype), observe);
    }

    private sealed class Model : NamedModule
    {
        public Model(WhisperArchitecture sizes, ModuleScope scope)
            : base(nameof(Model))
        {
            Tower = Add("encoder", new WhisperTower(sizes, scope.Child("encoder")));
        }

        public WhisperTower Tower { get; }
    }
}
