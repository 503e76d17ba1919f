using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor matmul(Tensor target) => Aten.Matmul.Binary(this, target);
        public Tensor mm(Tensor target) => Aten.Mm.Binary(this, target);
        public Tensor mv(Tensor target) => Aten.Mv.Binary(this, target);
        public Tensor bmm(Tensor batch2) => Aten.Bmm.Binary(this, batch2);
        public Tensor dot(Tensor target) => Aten.Dot.Binary(this, target);
        public Tensor outer(Tensor vec2) => Aten.Outer.Binary(this, vec2);
        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1f, float alpha = 1f) => Aten.Addmm.Call(this, mat1, mat2, (double)beta, (double)alpha);
        public Tensor addmv(Tensor mat, Tensor vec, float beta = 1f, float alpha = 1f) => Aten.Addmv.Call(this, mat, vec, (double)beta, (double)alpha);
        // Debian's libtorch 1.13 reads the uninitialised result when beta is 0, and may find a NaN there.
        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1f, float alpha = 1f) => beta == 0 ? batch1.bmm(batch2).mul(alpha) : Aten.Baddbmm.Call(this, batch1, batch2, (double)beta, (double)alpha);
        public Tensor trace() => Aten.Trace.Unary(this);
        public Tensor inverse() => Aten.Inverse.Unary(this);
        public Tensor det() => Aten.Det.Unary(this);
        public Tensor kron(Tensor other) => Aten.Kron.Binary(this, other);
        public Tensor dist(Tensor other, float p = 2f) => Aten.Dist.Call(this, other, (double)p);
        public Tensor tensordot(Tensor b, long[] dims1, long[] dims2) => Aten.Tensordot.Call(this, b, dims1, dims2);
    }
}
