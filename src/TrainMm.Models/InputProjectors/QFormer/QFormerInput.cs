using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.QFormer;

/// <summary>What a Q-Former is given in one pass: queries, text, or both; which of them see what is the mask's to say.</summary>
public sealed record QFormerInput
{
    /// <summary>[I, Q, W] the queries, or null in a pass over text alone.</summary>
    public Tensor? Queries { get; init; }

    /// <summary>[I, T] int64, or null in a pass over queries alone.</summary>
    public Tensor? TextIds { get; init; }

    /// <summary>[I, P + Q + T] bool, true at what may be attended to: remembered queries, queries, text. Null: all.</summary>
    public Tensor? Attended { get; init; }

    /// <summary>[I, N, De] what the queries look at.</summary>
    public Tensor? Features { get; init; }

    /// <summary>Whether a token sees none that follow it: the pass that generates text.</summary>
    public bool IsCausal { get; init; }

    /// <summary>Keys and values of each layer that an earlier pass left, P of them; null where there was none.</summary>
    public IReadOnlyList<AttentionMemory>? Memory { get; init; }

    /// <summary>Takes this pass's keys and values of each layer; null where nobody needs them.</summary>
    public IList<AttentionMemory>? Remember { get; init; }

    /// <summary>Called with 0 and the embeddings, then with each layer's number from 1 and its output.</summary>
    public Action<int, Tensor>? Observe { get; init; }
}

/// <summary>What one layer's self-attention can be told of an earlier pass.</summary>
/// <param name="Keys">[I, heads, P, d].</param>
/// <param name="Values">[I, heads, P, d].</param>
public sealed record AttentionMemory(Tensor Keys, Tensor Values);
