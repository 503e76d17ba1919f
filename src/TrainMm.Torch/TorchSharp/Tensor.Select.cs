using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor gather(long dim, Tensor index) => Aten.Gather.Call(this, dim, index);
        public Tensor scatter(long dim, Tensor index, Tensor src) => Aten.ScatterSrc.Call(this, dim, index, src);
        public Tensor scatter_add(long dim, Tensor index, Tensor src) => Aten.ScatterAdd.Call(this, dim, index, src);
        public Tensor index_select(long dim, Tensor index) => Aten.IndexSelect.Call(this, dim, index);
        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) => Aten.IndexAdd.Call(this, dim, index, source, alpha);
        public Tensor index_copy(long dim, Tensor index, Tensor source) => Aten.IndexCopy.Call(this, dim, index, source);
        public Tensor index_fill(long dim, Tensor index, Scalar value) => Aten.IndexFillIntScalar.Call(this, dim, index, value);
        public Tensor masked_select(Tensor mask) => Aten.MaskedSelect.Binary(this, mask);
        public Tensor masked_fill(Tensor mask, Scalar value) => Aten.MaskedFillScalar.Call(this, mask, value);
        public Tensor masked_scatter(Tensor mask, Tensor value) => Aten.MaskedScatter.Call(this, mask, value);
        public Tensor nonzero() => Aten.Nonzero.Unary(this);
        public Tensor argwhere() => Aten.Argwhere.Unary(this);
        public Tensor take(Tensor index) => Aten.Take.Binary(this, index);
        public Tensor take_along_dim(Tensor indices, long dim) => Aten.TakeAlongDim.Call(this, indices, dim);
        public Tensor where(Tensor condition, Tensor y) => Aten.WhereSelf.Call(condition, this, y);
        public Tensor select_scatter(Tensor src, long dim, long index) => Aten.SelectScatter.Call(this, src, dim, index);
        public Tensor slice_scatter(Tensor src, long dim = 0, long? start = null, long? end = null, long step = 1) => Aten.SliceScatter.Call(this, src, dim, start, end, step);
    }
}
