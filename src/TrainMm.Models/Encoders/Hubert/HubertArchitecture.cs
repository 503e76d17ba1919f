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
public sealed class HubertArchitecture : IValidatable
{
    /// <summary>De, the width of the hidden states.</summary>
    [AtLeast(1)]
    public int HiddenSize { get; init; } = 768;

    /// <summary>L, layers.</summary>
    [AtLeast(1)]
    public int NumHiddenLayers { get; init; } = 12;

    /// <summary>Attention heads.</summary>
    [AtLeast(1)]
    public int NumAttentionHeads { get; init; } = 12;

    /// <summary>Width between the feed-forward layer's projections.</summary>
    [AtLeast(1)]
    public int IntermediateSize { get; init; } = 3072;

    /// <summary>The feed-forward layer's activation.</summary>
    public string HiddenAct { get; init; } = "gelu";

    /// <summary>ε of the norms about the layers.</summary>
    [Above(0)]
    public double LayerNormEps { get; init; } = 1e-5;

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

    /// <summary>Standard deviation of random weights.</summary>
    [Above(0)]
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Reads a <c>config.json</c>.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no HuBERT, or a value is of another type.</exception>
    public static HubertArchitecture Read(HuggingFaceConfig config)
    {
        var type = config.Text("model_type");
        if (type != "hubert") throw config.Fault("model_type", $"is '{type}', no HuBERT");
        if (config.Flag("conv_pos_batch_norm", false)) throw config.Fault("conv_pos_batch_norm", "is true, which is not known here");
        var standard = new HubertArchitecture();
        var read = new HubertArchitecture
        {
            HiddenSize = config.Integer("hidden_size", 768),
            NumHiddenLayers = config.Integer("num_hidden_layers", 12),
            NumAttentionHeads = config.Integer("num_attention_heads", 12),
            IntermediateSize = config.Integer("intermediate_size", 3072),
            HiddenAct = config.Text("hidden_act", "gelu"),
            LayerNormEps = config.Number("layer_norm_eps", 1e-5),
            FeatExtractNorm = config.Text("feat_extract_norm", "group") switch
            {
                "group" => FeatureNorm.Group,
                "layer" => FeatureNorm.Layer,
                var other => throw config.Fault("feat_extract_norm", $"is '{other}'; known here: group, layer"),
            },
            FeatExtractActivation = config.Text("feat_extract_activation", "gelu"),
            FeatProjLayerNorm = config.Flag("feat_proj_layer_norm", true),
            ConvDim = Integers(config, "conv_dim", standard.ConvDim),
            ConvStride = Integers(config, "conv_stride", standard.ConvStride),
            ConvKernel = Integers(config, "conv_kernel", standard.ConvKernel),
            ConvBias = config.Flag("conv_bias", false),
            NumConvPosEmbeddings = config.Integer("num_conv_pos_embeddings", 128),
            NumConvPosEmbeddingGroups = config.Integer("num_conv_pos_embedding_groups", 16),
            DoStableLayerNorm = config.Flag("do_stable_layer_norm", false),
            InitializerRange = config.Number("initializer_range", 0.02),
        };
        foreach (var (property, message) in read.Problems()) throw config.Fault(OptionName.Of(property), message);
        return read;
    }

    /// <summary>The frames that so many samples become.</summary>
    public int Frames(int samples)
    {
        for (var i = 0; i < ConvKernel.Count; i++) samples = samples < ConvKernel[i] ? 0 : ((samples - ConvKernel[i]) / ConvStride[i]) + 1;
        return samples;
    }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        foreach (var (property, message) in Problems()) checks.Error(property, message);
    }

    private static IReadOnlyList<int> Integers(HuggingFaceConfig config, string key, IReadOnlyList<int> otherwise)
    {
        if (!config.Has(key)) return otherwise;
        return [.. config.Numbers(key).Select(number => number is >= 1 and <= int.MaxValue && number == Math.Floor(number) ? (int)number : throw config.Fault(key, "must hold whole numbers from 1 on"))];
    }

    private IEnumerable<(string Property, string Message)> Problems()
    {
        if (HiddenSize % NumAttentionHeads != 0) yield return (nameof(NumAttentionHeads), $"cannot split {HiddenSize} dimensions into {NumAttentionHeads} heads");
        if (HiddenSize % NumConvPosEmbeddingGroups != 0) yield return (nameof(NumConvPosEmbeddingGroups), $"cannot split {HiddenSize} dimensions into {NumConvPosEmbeddingGroups} groups");
        if (ConvDim.Count == 0) yield return (nameof(ConvDim), "is empty");
        if (ConvStride.Count != ConvDim.Count) yield return (nameof(ConvStride), $"has {ConvStride.Count} numbers, conv_dim has {ConvDim.Count}");
        if (ConvKernel.Count != ConvDim.Count) yield return (nameof(ConvKernel), $"has {ConvKernel.Count} numbers, conv_dim has {ConvDim.Count}");
        foreach (var (property, name) in ((string, string)[])[(nameof(HiddenAct), HiddenAct), (nameof(FeatExtractActivation), FeatExtractActivation)])
        {
            if (!Activation.Names.Contains(name, StringComparer.Ordinal)) yield return (property, $"is '{name}'; {Spelling.Hint(name, [.. Activation.Names], "known activations")}");
        }
    }
}
