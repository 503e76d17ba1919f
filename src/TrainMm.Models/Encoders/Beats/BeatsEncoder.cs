using TorchSharp.Modules;
using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Beats;

/// <summary>
/// BEATs (arXiv:2212.09058, section 3.2): patches of Kaldi's filter bank, in the order of time and, within it, of frequency, and a transformer with gated relative positions and DeepNorm.
/// The parameters have the names of the published checkpoints.
/// </summary>
public sealed class BeatsEncoder : NamedModule, IModalityEncoder
{
    internal const int MelBins = 128;

    /// <summary>PyTorch's default, which no configuration changes.</summary>
    internal const double NormEpsilon = 1e-5;

    private const int SampleRate = 16_000;
    private const int WindowLength = 400;
    private const int HopLength = 160;

    /// <summary>Of the logarithms over AudioSet, as BEATs was trained.</summary>
    private const double Mean = 15.41663;
    private const double Deviation = 6.55582;

    private readonly PatchConvolution patches;
    private readonly LayerNorm norm;
    private readonly LinearLayer? projection;
    private readonly BeatsTransformer transformer;
    private readonly ScalarType dtype;

    /// <summary>Makes the encoder; its parameters have no values yet.</summary>
    /// <param name="sizes">Sizes.</param>
    /// <param name="input">How sound is prepared.</param>
    /// <param name="scope">The root of its parameters.</param>
    public BeatsEncoder(BeatsArchitecture sizes, FilterBankSpec input, ModuleScope scope)
        : base(nameof(BeatsEncoder))
    {
        dtype = scope.Dtype;
        Input = input;
        Output = new FeatureSpec(input.Frames / sizes.InputPatchSize * (MelBins / sizes.InputPatchSize), sizes.EncoderEmbedDim);
        patches = Add("patch_embedding", new PatchConvolution(sizes, scope.Child("patch_embedding")));
        norm = Add("layer_norm", new LayerNorm(sizes.EmbedDim, NormEpsilon, scope.Child("layer_norm")));
        if (sizes.EmbedDim != sizes.EncoderEmbedDim) projection = Add("post_extract_proj", scope.Child("post_extract_proj").Linear(sizes.EmbedDim, sizes.EncoderEmbedDim, bias: true));
        transformer = Add("encoder", new BeatsTransformer(sizes, scope.Child("encoder")));
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
    public static BeatsEncoder Create(BeatsOptions options, EncoderContext context)
    {
        var sizes = options.Architecture;
        if (options.Seconds > int.MaxValue / 2 / SampleRate) throw OptionSource.Error(options, nameof(options.Seconds), "is too long");
        var samples = (int)Math.Round(options.Seconds * SampleRate);
        var frames = samples < WindowLength ? 0 : 1 + ((samples - WindowLength) / HopLength);
        if (frames < sizes.InputPatchSize) throw OptionSource.Error(options, nameof(options.Seconds), "is too short for a single patch");
        var input = new FilterBankSpec(SampleRate, samples, frames, MelBins, KaldiWindow.Povey, Scale: 32768, Mean, 2 * Deviation, Masked: true, options.LongClips);
        var encoder = new BeatsEncoder(sizes, input, context.Scope);
        if (options.Checkpoint is not null)
        {
            PartCheckpoint.Load(context.Scope, options, nameof(options.Checkpoint), options.Checkpoint, BeatsLayout.For(sizes));
            return encoder;
        }

        RandomWeights.Transformer(context.Scope, context.Seed, sizes.InitializerRange);
        encoder.transformer.Reset();
        return encoder;
    }

    /// <inheritdoc/>
    public Tensor Encode(Tensor media) => Features(media.narrow(1, 0, MelBins), media.select(1, MelBins));

    /// <summary>[I, M, T] → [I, N, De].</summary>
    /// <param name="spectrogram">[I, M, T].</param>
    /// <param name="mask">[I, T], 1 where the clip is, 0 behind its end; null where nothing is to be hidden.</param>
    public Tensor Features(Tensor spectrogram, Tensor? mask = null)
    {
        var grid = patches.Forward(spectrogram.CastTo(dtype).transpose(1, 2).unsqueeze(1));                // [I, width, time, frequency]
        var x = norm.Forward(grid.flatten(2).transpose(1, 2));                                             // [I, N, width]
        if (projection is not null) x = projection.Forward(x);                                             // [I, N, De]
        return transformer.Forward(x, mask is null ? null : PatchMask(mask, x.shape[1]));
    }

    /// <summary>[I, T] → [I, N] bool. As in the published code each feature has T / N frames of its own in turn, whatever part of the patch they are.</summary>
    private static Tensor PatchMask(Tensor mask, long features)
    {
        var frames = mask.shape[1] / features;
        return mask.narrow(1, 0, features * frames).ne(0).view(-1, features, frames).any(-1);
    }

    private sealed class PatchConvolution : NamedModule
    {
        private readonly Parameter weight;
        private readonly Parameter? bias;
        private readonly long[] stride;

        public PatchConvolution(BeatsArchitecture sizes, ModuleScope scope)
            : base(nameof(PatchConvolution))
        {
            stride = [sizes.InputPatchSize, sizes.InputPatchSize];
            weight = Add("weight", scope.Parameter("weight", sizes.EmbedDim, 1, sizes.InputPatchSize, sizes.InputPatchSize));
            if (sizes.ConvBias) bias = Add("bias", scope.Parameter("bias", sizes.EmbedDim));
        }

        /// <summary>[I, 1, T, M] → [I, width, T / patch, M / patch].</summary>
        public Tensor Forward(Tensor image) => nn.functional.conv2d(image, weight.CastTo(image.dtype), bias?.CastTo(image.dtype), strides: stride);
    }
}
