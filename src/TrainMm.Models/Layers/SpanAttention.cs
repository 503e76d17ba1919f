using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Models.Layers;

/// <summary>
/// Attention within spans of tokens, by the engine's fused operator. Between the two directions it keeps what it was given, its result and one number a query;
/// the scores are made again.
/// </summary>
internal sealed class SpanAttention : autograd.SingleTensorFunction<SpanAttention>
{
    /// <inheritdoc/>
    public override string Name => nameof(SpanAttention);

    /// <summary>Spans of whole rows: every query of a row sees every key of it.</summary>
    public static Tensor WholeRows(Tensor queries, Tensor keys)
    {
        var (rows, length, keyLength) = (queries.shape[0], queries.shape[2], keys.shape[2]);
        return Spans([.. Enumerable.Range(0, (int)rows).Select(row => ((long)row, 0L, length, 0L, keyLength))]);
    }

    /// <summary>[n, 5] int64: row, first query, queries, first key, keys.</summary>
    public static Tensor Spans(IReadOnlyList<(long Row, long First, long Length, long KeyFirst, long KeyLength)> spans) =>
        tensor([.. spans.SelectMany(span => new[] { span.Row, span.First, span.Length, span.KeyFirst, span.KeyLength })]).view(-1, 5);

    /// <summary>softmax(QKᵀ/√d) V within spans.</summary>
    /// <param name="queries">[B, heads, T, d].</param>
    /// <param name="keys">[B, key heads, S, d].</param>
    /// <param name="values">[B, key heads, S, d].</param>
    /// <param name="spans">[n, 5] int64.</param>
    /// <param name="isCausal">Whether a query sees no key behind its own place.</param>
    /// <returns>[B, T, heads · d], 0 where no span is.</returns>
    public static Tensor Attend(Tensor queries, Tensor keys, Tensor values, Tensor spans, bool isCausal)
    {
        using var scope = NewDisposeScope();
        var mixed = apply(Dense(queries), Dense(keys), Dense(values), spans, isCausal);      // [B, heads, T, d]
        return Attention.Join(mixed).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (queries, keys, values, spans, isCausal) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (Tensor)vars[3], (bool)vars[4]);
        var (mixed, logSums) = FusedOperators.Attention(queries, keys, values, spans, isCausal);
        ctx.save_for_backward([queries, keys, values, mixed, logSums, spans]);
        ctx.save_data("causal", isCausal);
        return mixed;
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var saved = ctx.get_saved_variables();
        var (queries, keys, values) = FusedOperators.AttentionBackward(grad_output, saved[0], saved[1], saved[2], saved[3], saved[4], saved[5], (bool)ctx.get_data("causal"));
        return [queries, keys, values, null!, null!];
    }

    private static Tensor Dense(Tensor heads) => heads.stride(-1) == 1 ? heads : heads.contiguous();
}
