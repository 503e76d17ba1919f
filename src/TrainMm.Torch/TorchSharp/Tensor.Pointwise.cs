using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor abs() => Aten.Abs.Unary(this);
        public Tensor acos() => Aten.Acos.Unary(this);
        public Tensor acosh() => Aten.Acosh.Unary(this);
        public Tensor asin() => Aten.Asin.Unary(this);
        public Tensor asinh() => Aten.Asinh.Unary(this);
        public Tensor atan() => Aten.Atan.Unary(this);
        public Tensor atanh() => Aten.Atanh.Unary(this);
        public Tensor ceil() => Aten.Ceil.Unary(this);
        public Tensor cos() => Aten.Cos.Unary(this);
        public Tensor cosh() => Aten.Cosh.Unary(this);
        public Tensor digamma() => Aten.Digamma.Unary(this);
        public Tensor erf() => Aten.Erf.Unary(this);
        public Tensor erfc() => Aten.Erfc.Unary(this);
        public Tensor erfinv() => Aten.Erfinv.Unary(this);
        public Tensor exp() => Aten.Exp.Unary(this);
        public Tensor exp2() => Aten.Exp2.Unary(this);
        public Tensor expm1() => Aten.Expm1.Unary(this);
        public Tensor floor() => Aten.Floor.Unary(this);
        public Tensor frac() => Aten.Frac.Unary(this);
        public Tensor lgamma() => Aten.Lgamma.Unary(this);
        public Tensor log() => Aten.Log.Unary(this);
        public Tensor log10() => Aten.Log10.Unary(this);
        public Tensor log1p() => Aten.Log1p.Unary(this);
        public Tensor log2() => Aten.Log2.Unary(this);
        public Tensor neg() => Aten.Neg.Unary(this);
        public Tensor reciprocal() => Aten.Reciprocal.Unary(this);
        public Tensor relu() => Aten.Relu.Unary(this);
        public Tensor rsqrt() => Aten.Rsqrt.Unary(this);
        public Tensor sigmoid() => Aten.Sigmoid.Unary(this);
        public Tensor sign() => Aten.Sign.Unary(this);
        public Tensor sin() => Aten.Sin.Unary(this);
        public Tensor sinh() => Aten.Sinh.Unary(this);
        public Tensor sqrt() => Aten.Sqrt.Unary(this);
        public Tensor tan() => Aten.Tan.Unary(this);
        public Tensor tanh() => Aten.Tanh.Unary(this);
        public Tensor trunc() => Aten.Trunc.Unary(this);
        public Tensor bitwise_not() => Aten.BitwiseNot.Unary(this);
        public Tensor logical_not() => Aten.LogicalNot.Unary(this);
        public Tensor isnan() => Aten.Isnan.Unary(this);
        public Tensor isinf() => Aten.Isinf.Unary(this);
        public Tensor isfinite() => Aten.Isfinite.Unary(this);
        public Tensor square() => Aten.Square.Unary(this);
        public Tensor signbit() => Aten.Signbit.Unary(this);
        public Tensor negative() => neg();
        public Tensor log_sigmoid() => Aten.LogSigmoid.Unary(this);
        public Tensor silu() => Aten.Silu.Unary(this);
        public Tensor hardswish() => Aten.Hardswish.Unary(this);
        public Tensor hardsigmoid() => Aten.Hardsigmoid.Unary(this);
        public Tensor selu() => Aten.Selu.Unary(this);
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
