using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor abs() => Aten.Abs.Call(this);
        public Tensor acos() => Aten.Acos.Call(this);
        public Tensor acosh() => Aten.Acosh.Call(this);
        public Tensor asin() => Aten.Asin.Call(this);
        public Tensor asinh() => Aten.Asinh.Call(this);
        public Tensor atan() => Aten.Atan.Call(this);
        public Tensor atanh() => Aten.Atanh.Call(this);
        public Tensor ceil() => Aten.Ceil.Call(this);
        public Tensor cos() => Aten.Cos.Call(this);
        public Tensor cosh() => Aten.Cosh.Call(this);
        public Tensor digamma() => Aten.Digamma.Call(this);
        public Tensor erf() => Aten.Erf.Call(this);
        public Tensor erfc() => Aten.Erfc.Call(this);
        public Tensor erfinv() => Aten.Erfinv.Call(this);
        public Tensor exp() => Aten.Exp.Call(this);
        public Tensor exp2() => Aten.Exp2.Call(this);
        public Tensor expm1() => Aten.Expm1.Call(this);
        public Tensor floor() => Aten.Floor.Call(this);
        public Tensor frac() => Aten.Frac.Call(this);
        public Tensor lgamma() => Aten.Lgamma.Call(this);
        public Tensor log() => Aten.Log.Call(this);
        public Tensor log10() => Aten.Log10.Call(this);
        public Tensor log1p() => Aten.Log1p.Call(this);
        public Tensor log2() => Aten.Log2.Call(this);
        public Tensor neg() => Aten.Neg.Call(this);
        public Tensor reciprocal() => Aten.Reciprocal.Call(this);
        public Tensor relu() => Aten.Relu.Call(this);
        public Tensor rsqrt() => Aten.Rsqrt.Call(this);
        public Tensor sigmoid() => Aten.Sigmoid.Call(this);
        public Tensor sign() => Aten.Sign.Call(this);
        public Tensor sin() => Aten.Sin.Call(this);
        public Tensor sinh() => Aten.Sinh.Call(this);
        public Tensor sqrt() => Aten.Sqrt.Call(this);
        public Tensor tan() => Aten.Tan.Call(this);
        public Tensor tanh() => Aten.Tanh.Call(this);
        public Tensor trunc() => Aten.Trunc.Call(this);
        public Tensor bitwise_not() => Aten.BitwiseNot.Call(this);
        public Tensor logical_not() => Aten.LogicalNot.Call(this);
        public Tensor isnan() => Aten.Isnan.Call(this);
        public Tensor isinf() => Aten.Isinf.Call(this);
        public Tensor isfinite() => Aten.Isfinite.Call(this);
        public Tensor square() => Aten.Square.Call(this);
        public Tensor signbit() => Aten.Signbit.Call(this);
        public Tensor negative() => neg();
        public Tensor log_sigmoid() => Aten.LogSigmoid.Call(this);
        public Tensor silu() => Aten.Silu.Call(this);
        public Tensor hardswish() => Aten.Hardswish.Call(this);
        public Tensor hardsigmoid() => Aten.Hardsigmoid.Call(this);
        public Tensor selu() => Aten.Selu.Call(this);
        public Tensor gelu() => Aten.Gelu.Call(this, "none");
        public Tensor gelu(Modules.GELU.Approximate approximate) => Aten.Gelu.Call(this, approximate.ToString());
        public Tensor elu(double alpha = 1) => Aten.Elu.Call(this, alpha);
        public Tensor leaky_relu(Scalar negative_slope) => Aten.LeakyRelu.Call(this, negative_slope);
        public Tensor softplus(double beta = 1, double threshold = 20) => Aten.Softplus.Call(this, beta, threshold);
        public Tensor glu(long dim = -1) => Aten.Glu.Call(this, dim);
        public Tensor round(long decimals = 0) => Aten.RoundDecimals.Call(this, decimals);
        public Tensor nan_to_num(double nan = 0, double? posinf = null, double? neginf = null) => Aten.NanToNum.Call(this, nan, posinf, neginf);
    }
}
