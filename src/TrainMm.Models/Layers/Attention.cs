using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Models.Layers;

/// <summary>Scaled dot-product attention (arXiv:1706.03762) and the masks for it.</summary>
public static class Attention
{
    /// <summary>softmax(QKᵀ/√d + mask) V; keys and values with fewer heads than the queries are shared by groups of them (GQA, arXiv:2305.13245).</summary>
    /// <param name="queries">[B, heads, T, d].</param>
    /// <param name="keys">[B, key heads, S, d].</param>
    /// <param name="values">[B, key heads, S, d].</param>
    /// <param name="mask">[B, 1, T, S], added to the scores; null where all may attend to all.</param>
    /// <param name="dropout">The probability that a weight of the mean is left out.</param>
    /// <returns>[B, T, heads · d].</returns>
    public static Tensor Attend(Tensor queries, Tensor keys, Tensor values, Tensor? mask, double dropout = 0)
    {
        if (mask is null && dropout == 0 && FusedOperators.Cover(queries) && queries.shape[^1] == values.shape[^1])
            return SpanAttention.Attend(queries, keys, values, SpanAttention.WholeRows(queries, keys), isCausal: false);
        var groups = queries.shape[1] / keys.shape[1];
        var mixed = nn.functional.scaled_dot_product_attention(queries, Repeat(keys, groups), Repeat(values, groups), mask, dropout); // [B, heads, T, d]
        return Join(mixed);
    }

    /// <summary>[B, T, heads · d] → [B, heads, T, d].</summary>
    public static Tensor Split(Tensor merged, int heads)
    {
        var shape = merged.shape;
        return merged.view(shape[0], shape[1], heads, shape[2] / heads).transpose(1, 2);
    }

    /// <summary>[B, heads, T, d] → [B, T, heads · d].</summary>
    public static Tensor Join(Tensor heads)
    {
        var shape = heads.shape;
        return heads.transpose(1, 2).reshape(shape[0], shape[2], shape[1] * shape[3]);
    }

    /// <summary>
    /// The additive mask of a causal decoder: 0 where a token may look, else the type's lowest number. It is finite, as in Hugging Face's reference,
    /// so that a row of nothing but padding stays a number: with −∞ it would be NaN and spread through its keys and values.
    /// </summary>
    /// <param name="length">T, tokens of this call.</param>
    /// <param name="past">P, tokens before it.</param>
    /// <param name="attended">[B, P + T] bool, true at a real token; null where all are.</param>
    /// <param name="dtype">The type of the scores.</param>
    /// <param name="device">Where the scores lie.</param>
    /// <param name="reach">Tokens before itself that a token sees, padding not counted; null is all.</param>
    /// <param name="prefix">[B, P + T] bool, true at the tokens that all may look at, whether they come before or after; null is none.</param>
    /// <returns>[B or 1, 1, T, P + T], or null where nothing is hidden.</returns>
    public static Tensor? CausalMask(long length, long past, Tensor? attended, ScalarType dtype, Device device, long? reach = null, Tensor? prefix = null)
    {
        if (reach >= past + length - 1) reach = null;
        if (length == 1 && attended is null && reach is null) return null;
        var hidden = ones([length, past + length], ScalarType.Bool, device).triu(past + 1).unsqueeze(0).unsqueeze(0); // [1, 1, T, P + T]
        if (reach is { } back) hidden = hidden.logical_or(Beyond(back, length, past, attended, device));
        if (prefix is not null) hidden = hidden.logical_and(prefix.logical_not().unsqueeze(1).unsqueeze(1));         // [B, 1, T, P + T]
        if (attended is not null) hidden = hidden.logical_or(attended.logical_not().unsqueeze(1).unsqueeze(1));       // [B, 1, T, P + T]
        return zeros(hidden.shape, dtype, device).masked_fill(hidden, finfo(dtype).min);
    }

    /// <summary>Where a key lies further back than a window reaches: [1 or B, 1, T, P + T] bool. Padding within a text, as behind the shorter of two prompts that are continued, takes no place in it.</summary>
    private static Tensor Beyond(long reach, long length, long past, Tensor? attended, Device device)
    {
        if (attended is null) return ones([length, past + length], ScalarType.Bool, device).tril(past - reach - 1).unsqueeze(0).unsqueeze(0);
        var places = attended.to_type(ScalarType.Int64).cumsum(1);                                                    // [B, P + T]
        return places.unsqueeze(1).lt(places.narrow(1, past, length).sub(reach).unsqueeze(2)).unsqueeze(1);          // [B, 1, T, P + T]
    }

    private static Tensor Repeat(Tensor heads, long groups)
    {
        if (groups == 1) return heads;
        var shape = heads.shape;
        return heads.unsqueeze(2).expand(shape[0], shape[1], groups, shape[2], shape[3]).reshape(shape[0], shape[1] * groups, shape[2], shape[3]);
    }
}
