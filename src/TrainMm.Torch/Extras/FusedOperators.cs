using TorchSharp;

namespace TrainMm.Torch;

/// <summary>
/// Operators of our own for processors, each of which does in one pass over memory what a chain of libtorch's operators does in many. They have no gradients of
/// their own: each has its backward operator beside it, and who calls it joins the two in a <see cref="torch.autograd.Function{T}"/>. Sums are taken in fp32 at least.
/// </summary>
public static partial class FusedOperators
{
    /// <summary>Whether the engine has them for a tensor of this kind: fp32, fp64 or bf16 on a processor.</summary>
    public static bool Cover(torch.Tensor tensor) =>
        tensor.device_type == DeviceType.CPU && tensor.dtype is torch.ScalarType.Float32 or torch.ScalarType.BFloat16 or torch.ScalarType.Float64 && AreThere;

    /// <summary>x / √(mean x² + ε) · w, or · (w + offset).</summary>
    /// <param name="input">[..., D].</param>
    /// <param name="weight">[D], of the input's type.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="offset">Added to the weight; with 0 the normalised input is rounded to its type before the product.</param>
    /// <returns>[..., D], and each row's 1 / √(mean x² + ε) for the gradient.</returns>
    public static partial (torch.Tensor Output, torch.Tensor Scale) RmsNorm(torch.Tensor input, torch.Tensor weight, double epsilon, double offset);

    /// <summary>The input's gradient, [..., D].</summary>
    public static partial torch.Tensor RmsNormBackward(torch.Tensor gradient, torch.Tensor input, torch.Tensor weight, torch.Tensor scale, double offset);

    /// <summary>x cos ± x' sin, x' being x with its halves exchanged.</summary>
    /// <param name="heads">[B, heads, T, d].</param>
    /// <param name="cosine">[B or 1, 1, T, d].</param>
    /// <param name="sine">[B or 1, 1, T, d].</param>
    /// <param name="direction">1 or −1, the sign.</param>
    /// <returns>[B, heads, T, d], in memory [B, T, heads, d].</returns>
    public static partial torch.Tensor Turn(torch.Tensor heads, torch.Tensor cosine, torch.Tensor sine, int direction);

    /// <summary>silu(gate) · up, of one shape.</summary>
    public static partial torch.Tensor Swiglu(torch.Tensor gate, torch.Tensor up);

    /// <summary>The gradients of gate and up.</summary>
    public static partial (torch.Tensor Gate, torch.Tensor Up) SwigluBackward(torch.Tensor gradient, torch.Tensor gate, torch.Tensor up);

    /// <summary>x σ(1.702 x).</summary>
    public static partial torch.Tensor QuickGelu(torch.Tensor input);

    /// <summary>The input's gradient.</summary>
    public static partial torch.Tensor QuickGeluBackward(torch.Tensor gradient, torch.Tensor input);

    /// <summary>softmax(QKᵀ/√d) V within spans of tokens that look at nothing outside of them.</summary>
    /// <param name="queries">[B, heads, T, d].</param>
    /// <param name="keys">[B, key heads, S, d].</param>
    /// <param name="values">[B, key heads, S, d].</param>
    /// <param name="spans">[n, 5] int64: row, first query, queries, first key, keys. No query is in two.</param>
    /// <param name="isCausal">Whether a query sees no key behind its own place; a span then has as many keys as queries.</param>
    /// <returns>[B, heads, T, d], in memory [B, T, heads, d], 0 where no span is; and [B, heads, T], the logarithms of the softmax's sums, for the gradient.</returns>
    public static partial (torch.Tensor Output, torch.Tensor LogSums) Attention(torch.Tensor queries, torch.Tensor keys, torch.Tensor values, torch.Tensor spans, bool isCausal);

    /// <summary>The gradients of queries, keys and values.</summary>
    public static partial (torch.Tensor Queries, torch.Tensor Keys, torch.Tensor Values) AttentionBackward(
        torch.Tensor gradient, torch.Tensor queries, torch.Tensor keys, torch.Tensor values, torch.Tensor output, torch.Tensor logSums, torch.Tensor spans, bool isCausal);
}
