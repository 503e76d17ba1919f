using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) => Aten.Linear.Call(input, weights, bias);
            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);
            public static Tensor log_softmax(Tensor x, long dim) => x.log_softmax(dim);
            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? x.relu_() : x.relu();
            public static Tensor relu6(Tensor x, bool inplace = false) => inplace ? x.clamp_(0, 6) : x.clamp(0, 6);
            public static Tensor gelu(Tensor x) => x.gelu();
            public static Tensor gelu(Tensor x, Modules.GELU.Approximate approximate, bool inplace = false) => inplace ? Aten.GeluInPlace.CallInPlace(x, approximate.ToString()) : x.gelu(approximate);
            public static Tensor silu(Tensor x, bool inplace = false) => inplace ? x.silu_() : x.silu();
            public static Tensor mish(Tensor x, bool inplace = false) => inplace ? Aten.MishInPlace.CallInPlace(x) : Aten.Mish.Unary(x);
            public static Tensor elu(Tensor x, double alpha, bool inplace = false) => inplace ? Aten.EluInPlace.CallInPlace(x, alpha) : x.elu(alpha);
            public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01, bool inplace = false) => inplace ? Aten.LeakyReluInPlace.CallInPlace(input, negative_slope) : input.leaky_relu(negative_slope);
            public static Tensor hardswish(Tensor input, bool inplace = false) => inplace ? Aten.HardswishInPlace.CallInPlace(input) : input.hardswish();
            public static Tensor hardsigmoid(Tensor input, bool inplace = false) => inplace ? Aten.HardsigmoidInPlace.CallInPlace(input) : input.hardsigmoid();
            public static Tensor hardtanh(Tensor x, double min_val = -1, double max_val = 1, bool inplace = false) => inplace ? Aten.HardtanhInPlace.CallInPlace(x, min_val, max_val) : Aten.Hardtanh.Call(x, min_val, max_val);
            public static Tensor sigmoid(Tensor x) => x.sigmoid();
            public static Tensor tanh(Tensor x, bool inplace = false) => inplace ? x.tanh_() : x.tanh();
            public static Tensor softplus(Tensor x, double beta = 1, double threshold = 20) => x.softplus(beta, threshold);
            public static Tensor glu(Tensor input, long dim = -1) => input.glu(dim);
            public static Tensor logsigmoid(Tensor x) => x.log_sigmoid();
            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) => inplace ? Aten.DropoutInPlace.CallInPlace(input, p, training) : Aten.Dropout.Call(input, p, training);
            public static Tensor one_hot(Tensor x, long num_classes = -1) => Aten.OneHot.Call(x, num_classes);
            public static Tensor cosine_similarity(Tensor x1, Tensor x2, long dim = 1, double eps = 1e-08) => Aten.CosineSimilarity.Call(x1, x2, dim, eps);

            public static Tensor layer_norm(Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-05) => Aten.LayerNorm.Call(input, normalized_shape, weight, bias, eps);
            public static Tensor group_norm(Tensor input, long num_groups, Tensor? weight = null, Tensor? bias = null, double eps = 1e-05) => Aten.GroupNorm.Call(input, num_groups, weight, bias, eps);
            public static Tensor batch_norm(Tensor input, Tensor running_mean, Tensor running_var, Tensor? weight = null, Tensor? bias = null, bool training = false, double momentum = 0.1, double eps = 1e-05) => Aten.BatchNorm.Call(input, weight, bias, running_mean, running_var, training, momentum, eps, false);
            public static Tensor instance_norm(Tensor input, Tensor? running_mean = null, Tensor? running_var = null, Tensor? weight = null, Tensor? bias = null, bool use_input_stats = true, double momentum = 0.1, double eps = 1e-05) => Aten.InstanceNorm.Call(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, false);
        }
    }
}
