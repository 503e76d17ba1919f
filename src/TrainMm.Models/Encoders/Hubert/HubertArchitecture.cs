using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Encoders.Hubert;

/// <summary>How the convolutions over the waveform are normed.</summary>
public enum FeatureNorm
{
    /// <summary>The first by groups of one channel over all of time, the others not at all (base).</summary>
    Group,

    /// <summary>Each over its channels (large).</summary>
    Layer,
}

/// <summary>The sizes of a HuBERT, named and defaulted as in Hugging Face's <c>HubertConfig</c>.</summary>
public sealed record HubertArchitecture : EncoderArchitecture
{
    /// <summary>Width between the feed-forward layer's projections.</summary>
    [AtLeast(1)]
    public int IntermediateSize { get; init; } = 3072;

    /// <summary>ε of the norms about the layers.</summary>
    [Above(0)]
    public override double LayerNormEps { get; init; } = 1e-5;

    /// <summary>How the convolutions are normed.</summary>
    public FeatureNorm FeatExtractNorm { get; init; } = FeatureNorm.Group;

    /// <summary>The convolutions' activation.</summary>
    public string FeatExtractActivation { get; init; } = "gelu";

    /// <summary>Whether a norm stands before the projection of the convolutions' output.</summary>
    public bool FeatProjLayerNorm { get; init; } = true;

    /// <summary>Channels of each convolution.</summary>
    [AtLeast(1)]
    public IReadOnlyList<int> ConvDim { get; init; } = [512, 512, 512, 512, 512, 512, 512];

    /// <summary>Steps that each convolution moves on by.</summary>
    [AtLeast(1)]
    public IReadOnlyList<int> ConvStride { get; init; } = [5, 2, 2, 2, 2, 2, 2];

    /// <summary>Steps that each convolution sees.</summary>
    [AtLeast(1)]
    public IReadOnlyList<int> ConvKernel { get; init; } = [10, 3, 3, 3, 3, 2, 2];

    /// <summary>Whether the convolutions have a bias.</summary>
    public bool ConvBias { get; init; }

    /// <summary>Frames that the positional convolution sees.</summary>
    [AtLeast(1)]
    public int NumConvPosEmbeddings { get; init; } = 128;

    /// <summary>Groups of the positional convolution.</summary>
    [AtLeast(1)]
    public int NumConvPosEmbeddingGroups { get; init; } = 16;

    /// <summary>Whether norms stand before attention and feed-forward layer (large) or behind (base).</summary>
    public bool DoStableLayerNorm { get; init; }

    /// <summary>Reads a <c>config.json</c>.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no HuBERT, or a value is of another type.</exception>
    public static HubertArchitecture Read(HuggingFaceConfig config)
    {
        var type = config.Text("model_type");
        if (type != "hubert") throw config.Fault("model_type", $"is '{type}', no HuBERT");
        if (config.Flag("conv_pos_batch_norm", false)) throw config.Fault("conv_pos_batch_norm", "is true, which is not known here");
        return From<HubertArchitecture>(config, read => read with
        {
            ConvDim = config.Counts("conv_dim", read.ConvDim),
            ConvStride = config.Counts("conv_stride", read.ConvStride),
            ConvKernel = config.Counts("conv_kernel", read.ConvKernel),
        });
    }

    /// <summary>The frames that so many samples become.</summary>
    public int Frames(int samples)
    {
        for (var i = 0; i < ConvKernel.Count; i++) samples = samples < ConvKernel[i] ? 0 : ((samples - ConvKernel[i]) / ConvStride[i]) + 1;
        return samples;
    }

    /// <inheritdoc/>
    private protected override ArchitectureProblems Problems() => base.Problems()
        .Add(HiddenSize % NumConvPosEmbeddingGroups != 0, nameof(NumConvPosEmbeddingGroups), $"cannot split {HiddenSize} dimensions into {NumConvPosEmbeddingGroups} groups")
        .Add(ConvDim.Count == 0, nameof(ConvDim), "is empty")
        .Add(ConvStride.Count != ConvDim.Count, nameof(ConvStride), $"has {ConvStride.Count} numbers, conv_dim has {ConvDim.Count}")
        .Add(ConvKernel.Count != ConvDim.Count, nameof(ConvKernel), $"has {ConvKernel.Count} numbers, conv_dim has {ConvDim.Count}")
        .Activations(nameof(FeatExtractActivation), FeatExtractActivation);
}
