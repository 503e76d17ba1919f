using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            /// <summary>
            /// Attention over [..., T, d] queries, [..., S, d] keys and [..., S, v] values. A bool mask is true where a query may look;
            /// a mask of floats is added to the scores.
            /// </summary>
            public static Tensor scaled_dot_product_attention(
                Tensor query, Tensor key, Tensor value, Tensor? attn_mask = null, double p = 0, bool is_casual = false)
            {
                if (attn_mask is not null && is_casual)
                {
                    throw new ArgumentException("A mask and is_casual exclude each other.");
                }

                return Aten.ScaledDotProductAttention.Exists
                    ? Aten.ScaledDotProductAttention.Call(query, key, value, attn_mask, p, is_casual)
                    : ComposedAttention(query, key, value, attn_mask, p, is_casual);
            }

            // libtorch 1.13 has a private operator only, whose bool masks mean the opposite.
            private static Tensor ComposedAttention(Tensor query, Tensor key, Tensor value, Tensor? mask, double p, bool causal)
            {
                using var scope = NewDisposeScope();
                var scores = query.mul(1 / Math.Sqrt(query.shape[^1])).matmul(key.transpose(-2, -1));  // [..., T, S]
                if (causal)
                {
                    mask = ones([scores.shape[^2], scores.shape[^1]], ScalarType.Bool, scores.device).tril();
                }

                if (mask is not null)
                {
                    scores = mask.dtype == ScalarType.Bool ? scores.masked_fill(mask.logical_not(), double.NegativeInfinity) : scores.add(mask);
                }

                var weights = scores.softmax(-1);
                if (p > 0)
                {
                    weights = dropout(weights, p);
                }

                return weights.matmul(value).MoveToOuterDisposeScope();
            }
        }
    }
}
