using TrainMm.Core.Config;
using TrainMm.Core.Weights;

namespace TrainMm.Models.LanguageModels.ChatGlm;

/// <summary>The sizes of a ChatGLM-6B, named and defaulted as in its <c>ChatGLMConfig</c>.</summary>
public sealed class ChatGlmArchitecture : IArchitecture<ChatGlmArchitecture>, IValidatable
{
    /// <summary>V, rows of the embedding table.</summary>
    [AtLeast(1)]
    public int VocabSize { get; init; } = 150528;

    /// <summary>D, the width of the hidden states.</summary>
    [AtLeast(1)]
    public int HiddenSize { get; init; } = 4096;

    /// <summary>Width between the feed-forward layer's projections.</summary>
    [AtLeast(1)]
    public int InnerHiddenSize { get; init; } = 16384;

    /// <summary>L, decoder layers.</summary>
    [AtLeast(1)]
    public int NumLayers { get; init; } = 28;

    /// <summary>Heads.</summary>
    [AtLeast(1)]
    public int NumAttentionHeads { get; init; } = 32;

    /// <summary>ε of the norms.</summary>
    [Above(0)]
    public double LayernormEpsilon { get; init; } = 1e-5;

    /// <summary>The longest sequence that it was trained on.</summary>
    [AtLeast(1)]
    public int MaxSequenceLength { get; init; } = 2048;

    /// <summary>Whether the head is the embedding table.</summary>
    public bool TieWordEmbeddings { get; init; } = true;

    /// <summary>Standard deviation of random weights.</summary>
    [Above(0)]
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Reads a <c>config.json</c> of its own or of a LLaVA.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no ChatGLM-6B, or a value cannot be.</exception>
    public static ChatGlmArchitecture Read(HuggingFaceConfig file)
    {
        var config = LanguageModelSource.Section(file, "chatglm", "ChatGLM-6B");
        if (config.Has("multi_query_attention")) throw config.Fault("multi_query_attention", "is ChatGLM2's, another model");
        if (!config.Flag("position_encoding_2d", true)) throw config.Fault("position_encoding_2d", "is false, which is not known here");
        var read = new ChatGlmArchitecture
        {
            VocabSize = config.Integer("vocab_size", 150528),
            HiddenSize = config.Integer("hidden_size", 4096),
            InnerHiddenSize = config.Integer("inner_hidden_size", 16384),
            NumLayers = config.Integer("num_layers", 28),
            NumAttentionHeads = config.Integer("num_attention_heads", 32),
            LayernormEpsilon = config.Number("layernorm_epsilon", 1e-5),
            MaxSequenceLength = config.Integer("max_sequence_length", 2048),
            TieWordEmbeddings = config.Flag("tie_word_embeddings", true),
            InitializerRange = config.Number("initializer_range", 0.02),
        };
        read.Problems().ThrowIn(config);
        return read;
    }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks) => Problems().Report(checks);

    /// <inheritdoc/>
    double IArchitecture<ChatGlmArchitecture>.StandardDeviation => InitializerRange;

    /// <inheritdoc/>
    IReadOnlyList<KeyMap> IArchitecture<ChatGlmArchitecture>.Layouts => LanguageModelLayout.For("transformer.", "lm_head.", TieWordEmbeddings, ".rotary_emb.inv_freq");

    private ArchitectureProblems Problems() => new ArchitectureProblems()
        .Heads(nameof(NumAttentionHeads), HiddenSize, NumAttentionHeads)
        .Add((HiddenSize / NumAttentionHeads) % 4 != 0, nameof(NumAttentionHeads), $"makes heads {HiddenSize / NumAttentionHeads} wide; positions of two kinds need a multiple of 4");
}
