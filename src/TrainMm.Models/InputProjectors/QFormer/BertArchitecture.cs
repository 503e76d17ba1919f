using TrainMm.Core.Config;
using TrainMm.Models.Layers;

namespace TrainMm.Models.InputProjectors.QFormer;

/// <summary>What a Q-Former, a P-Former and a RoBERTa have of BERT, named and defaulted as in Hugging Face's configurations of it.</summary>
public abstract record BertArchitecture : Architecture
{
    /// <summary>Rows of the words' table.</summary>
    [AtLeast(1)]
    public int VocabSize { get; init; } = 30522;

    /// <summary>W, width of the hidden states.</summary>
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

    /// <summary>The longest text.</summary>
    [AtLeast(1)]
    public int MaxPositionEmbeddings { get; init; } = 512;

    /// <summary>The padding behind a text; its vector is not trained.</summary>
    [AtLeast(0)]
    public int PadTokenId { get; init; }

    /// <summary>Standard deviation of random weights.</summary>
    [Above(0)]
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>The same as a Q-Former without queries, which is a BERT.</summary>
    internal QFormerArchitecture WithoutQueries => new()
    {
        NumQueryTokens = 0,
        ReadsInstruction = true,
        VocabSize = VocabSize,
        HiddenSize = HiddenSize,
        NumHiddenLayers = NumHiddenLayers,
        NumAttentionHeads = NumAttentionHeads,
        IntermediateSize = IntermediateSize,
        MaxPositionEmbeddings = MaxPositionEmbeddings,
        PadTokenId = PadTokenId,
        InitializerRange = InitializerRange,
    };

    /// <inheritdoc/>
    private protected override ArchitectureProblems Problems() => new ArchitectureProblems()
        .Heads(nameof(NumAttentionHeads), HiddenSize, NumAttentionHeads)
        .Add(PadTokenId >= VocabSize, nameof(PadTokenId), $"is {PadTokenId}, beyond the {VocabSize} rows of the table");
}
