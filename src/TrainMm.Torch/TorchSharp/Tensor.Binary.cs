using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor add(Tensor target) => Aten.AddTensor.Binary(this, target);
        public Tensor add(Tensor target, Scalar alpha) => Aten.AddTensor.Call(this, target, alpha);
        public Tensor add(Scalar scalar) => Aten.AddScalar.Call(this, scalar);
        public Tensor add(Scalar scalar, Scalar alpha) => Aten.AddScalar.Call(this, scalar, alpha);
        public Tensor sub(Tensor target) => Aten.SubTensor.Binary(this, target);
        public Tensor sub(Scalar target) => Aten.SubScalar.Call(this, target);
        public Tensor subtract(Tensor target) => sub(target);
        public Tensor subtract(Scalar target) => sub(target);
        public Tensor mul(Tensor target) => Aten.MulTensor.Binary(this, target);
        public Tensor mul(Scalar target) => Aten.MulScalar.Call(this, target);
        public Tensor multiply(Tensor target) => mul(target);
        public Tensor multiply(Scalar target) => mul(target);
        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => rounding_mode == RoundingMode.None ? Aten.DivTensor.Binary(this, target) : Aten.DivTensorMode.Call(this, target, Rounding(rounding_mode));
        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => Aten.DivScalarMode.Call(this, target, Rounding(rounding_mode));
        public Tensor divide(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);
        public Tensor divide(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);
        public Tensor true_divide(Tensor other) => div(other);
        public Tensor true_divide(Scalar other) => div(other);
        public Tensor floor_divide(Tensor other) => Aten.FloorDivide.Binary(this, other);
        public Tensor floor_divide(Scalar other) => Aten.FloorDivideScalar.Call(this, other);
        public Tensor remainder(Tensor target) => Aten.RemainderTensor.Binary(this, target);
        public Tensor remainder(Scalar scalar) => Aten.RemainderScalar.Call(this, scalar);
        public Tensor fmod(Tensor target) => Aten.FmodTensor.Binary(this, target);
        public Tensor fmod(Scalar scalar) => Aten.FmodScalar.Call(this, scalar);
        public Tensor pow(Tensor exponent) => Aten.PowTensorTensor.Binary(this, exponent);
        public Tensor pow(Scalar exponent) => Aten.PowTensorScalar.Call(this, exponent);
        public Tensor atan2(Tensor other) => Aten.Atan2.Binary(this, other);
        public Tensor hypot(Tensor other) => Aten.Hypot.Binary(this, other);
        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) => Aten.Addcmul.Call(this, tensor1, tensor2, value);
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) => Aten.Addcdiv.Call(this, tensor1, tensor2, value);
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2) => Aten.Addcdiv.Call(this, tensor1, tensor2);
        public Tensor lerp(Tensor end, Tensor weight) => Aten.LerpTensor.Call(this, end, weight);
        public Tensor maximum(Tensor other) => Aten.Maximum.Binary(this, other);
        public Tensor minimum(Tensor other) => Aten.Minimum.Binary(this, other);
        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Aten.Clamp.Call(this, min, max);
        public Tensor clamp(Tensor? min = null, Tensor? max = null) => Aten.ClampTensor.Call(this, min, max);
        public Tensor clip(Scalar? min = null, Scalar? max = null) => clamp(min, max);
        public Tensor clamp_min(Scalar min) => Aten.ClampMin.Call(this, min);
        public Tensor clamp_max(Scalar max) => Aten.ClampMax.Call(this, max);
        public Tensor threshold(Scalar threshold, Scalar value) => Aten.Threshold.Call(this, threshold, value);
        public Tensor prelu(Tensor target) => Aten.Prelu.Binary(this, target);
        public Tensor bitwise_and(Tensor other) => Aten.BitwiseAndTensor.Binary(this, other);
        public Tensor bitwise_or(Tensor other) => Aten.BitwiseOrTensor.Binary(this, other);
        public Tensor bitwise_xor(Tensor other) => Aten.BitwiseXorTensor.Binary(this, other);
        public Tensor bitwise_left_shift(Tensor other) => Aten.BitwiseLeftShiftTensor.Binary(this, other);
        public Tensor bitwise_right_shift(Tensor other) => Aten.BitwiseRightShiftTensor.Binary(this, other);
        public Tensor logical_and(Tensor other) => Aten.LogicalAnd.Binary(this, other);
        public Tensor logical_or(Tensor other) => Aten.LogicalOr.Binary(this, other);
        public Tensor logical_xor(Tensor other) => Aten.LogicalXor.Binary(this, other);
        public Tensor eq(Tensor target) => Aten.EqTensor.Binary(this, target);
        public Tensor eq(Scalar target) => Aten.EqScalar.Call(this, target);
        public Tensor ne(Tensor target) => Aten.NeTensor.Binary(this, target);
        public Tensor ne(Scalar target) => Aten.NeScalar.Call(this, target);
        public Tensor lt(Tensor target) => Aten.LtTensor.Binary(this, target);
        public Tensor lt(Scalar target) => Aten.LtScalar.Call(this, target);
        public Tensor le(Tensor target) => Aten.LeTensor.Binary(this, target);
        public Tensor le(Scalar target) => Aten.LeScalar.Call(this, target);
        public Tensor gt(Tensor target) => Aten.GtTensor.Binary(this, target);
        public Tensor gt(Scalar target) => Aten.GtScalar.Call(this, target);
        public Tensor ge(Tensor target) => Aten.GeTensor.Binary(this, target);
        public Tensor ge(Scalar target) => Aten.GeScalar.Call(this, target);
        public Tensor isclose(Tensor other, double rtol = 1e-05, double atol = 1e-08, bool nanEqual = false) => Aten.Isclose.Call(this, other, rtol, atol, nanEqual);
        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) => Aten.Allclose.CallBool(this, target, rtol, atol, equal_nan);
        public Tensor equal(Tensor target) => tensor(Aten.Equal.CallBool(this, target));
        public Tensor isin(Tensor test_elements, bool assumeUnique = false, bool invert = false) => Aten.IsinTensorTensor.Call(this, test_elements, assumeUnique, invert);
        public Tensor logaddexp(Tensor other) => Aten.Logaddexp.Binary(this, other);
        public Tensor xlogy(Tensor y) => Aten.XlogyTensor.Binary(this, y);
        public Tensor heaviside(Tensor other) => Aten.Heaviside.Binary(this, other);
        public Tensor copysign(Tensor other) => Aten.CopysignTensor.Binary(this, other);

        private static string? Rounding(RoundingMode mode) => mode == RoundingMode.None ? null : mode.ToString();
    }
}
