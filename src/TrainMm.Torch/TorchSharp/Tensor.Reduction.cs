using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor sum(ScalarType? type = null) => Aten.Sum.Call(this, type);
        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => Aten.SumDimIntList.Call(this, new[] { dim }, keepdim, type);
        public Tensor sum(long dim0, long dim1, bool keepdim = false, ScalarType? type = null) => Aten.SumDimIntList.Call(this, new[] { dim0, dim1 }, keepdim, type);
        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => Aten.SumDimIntList.Call(this, dim, keepdim, type);
        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) => sum(dim.ToArray(), keepdim, type);
        public Tensor mean() => Aten.Mean.Unary(this);
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) => Aten.MeanDim.Call(this, dimensions, keepdim, type);
        public Tensor prod(ScalarType? type = null) => Aten.Prod.Call(this, type);
        public Tensor prod(long dim, bool keepdim = false, ScalarType? type = null) => Aten.ProdDimInt.Call(this, dim, keepdim, type);
        public Tensor var(bool unbiased = true) => Aten.Var.Call(this, unbiased);
        public Tensor var(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => As(Aten.VarDim.Call(this, new[] { dim }, unbiased, keepdim), type);
        public Tensor var(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => As(Aten.VarDim.Call(this, dimensions, unbiased, keepdim), type);
        public Tensor std(bool unbiased = true) => Aten.Std.Call(this, unbiased);
        public Tensor std(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => As(Aten.StdDim.Call(this, new[] { dim }, unbiased, keepdim), type);
        public Tensor std(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => As(Aten.StdDim.Call(this, dimensions, unbiased, keepdim), type);
        public Tensor max() => Aten.Max.Unary(this);
        public (Tensor, Tensor) max(long dim, bool keepdim = false) => Aten.MaxDim.Call2(this, dim, keepdim);
        public Tensor max(Tensor other) => maximum(other);
        public Tensor min() => Aten.Min.Unary(this);
        public (Tensor, Tensor) min(long dim, bool keepdim = false) => Aten.MinDim.Call2(this, dim, keepdim);
        public Tensor min(Tensor other) => minimum(other);
        public Tensor amax(params long[] dims) => Aten.Amax.Call(this, dims);
        public Tensor amin(params long[] dims) => Aten.Amin.Call(this, dims);
        public Tensor argmax() => Aten.Argmax.Unary(this);
        public Tensor argmax(long dim, bool keepdim = false) => Aten.Argmax.Call(this, dim, keepdim);
        public Tensor argmin() => Aten.Argmin.Unary(this);
        public Tensor argmin(long dim, bool keepdim = false) => Aten.Argmin.Call(this, dim, keepdim);
        public Tensor all() => Aten.All.Unary(this);
        public Tensor all(long dim, bool keepdim = false) => Aten.AllDim.Call(this, dim, keepdim);
        public Tensor any() => Aten.Any.Unary(this);
        public Tensor any(long dim, bool keepdim = false) => Aten.AnyDim.Call(this, dim, keepdim);
        public Tensor norm(float p = 2f) => Aten.NormScalar.Call(this, (double)p);
        public Tensor norm(int dim, bool keepdim = false, float p = 2f) => Aten.NormScalarOptDim.Call(this, (double)p, new long[] { dim }, keepdim);
        public Tensor logsumexp(long dim, bool keepdim = false) => Aten.Logsumexp.Call(this, new[] { dim }, keepdim);
        public Tensor softmax(long dim, ScalarType? dtype = null) => Aten.SoftmaxInt.Call(this, dim, dtype);
        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Aten.LogSoftmaxInt.Call(this, dim, dtype);
        public Tensor cumsum(long dim, ScalarType? type = null) => Aten.Cumsum.Call(this, dim, type);
        public Tensor cumprod(long dim, ScalarType? type = null) => Aten.Cumprod.Call(this, dim, type);
        public Tensor count_nonzero(long[]? dims = null) => dims is null ? Aten.CountNonzero.Unary(this) : Aten.CountNonzeroDimIntList.Call(this, dims);
        public Tensor median() => Aten.Median.Unary(this);
        public (Tensor, Tensor) topk(int k, int dim = -1, bool largest = true, bool sorted = true) => Aten.Topk.Call2(this, k, dim, largest, sorted);
        public (Tensor, Tensor) sort(long dim = -1, bool descending = false, bool stable = false) => Aten.SortStable.Call2(this, stable, dim, descending);
        public Tensor argsort(long dim = -1, bool descending = false) => Aten.Argsort.Call(this, dim, descending);
        public (Tensor, Tensor) kthvalue(long k, long? dim, bool keepdim = false) => Aten.Kthvalue.Call2(this, k, dim ?? -1, keepdim);
        public Tensor bincount(Tensor weights, long minlength = 0) => Aten.Bincount.Call(this, weights, minlength);
        public Tensor quantile(Tensor q, long dim = -1, bool keepdim = false) => Aten.Quantile.Call(this, q, dim, keepdim);

        private static Tensor As(Tensor result, ScalarType? type) => type is { } given ? result.to(given) : result;
    }
}
