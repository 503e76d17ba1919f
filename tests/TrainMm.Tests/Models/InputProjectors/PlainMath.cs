using static TorchSharp.torch;

namespace TrainMm.Tests.Models.InputProjectors;

/// <summary>Layers written out from their definitions, vector by vector and in double precision.</summary>
internal static class PlainMath
{
    /// <summary>x Wᵀ + b.</summary>
    public static Tensor Linear(Tensor x, Dictionary<string, Tensor> weights, string name)
    {
        var product = x.matmul(weights[$"{name}.weight"].t());
        return weights.TryGetValue($"{name}.bias", out var bias) ? product.add(bias) : product;
    }

    /// <summary>(x − mean) / √(variance + ε) · w + b over the last dimension.</summary>
    public static Tensor Norm(Tensor x, Dictionary<string, Tensor> weights, string name, double epsilon)
    {
        var centred = x.sub(x.mean([-1], keepdim: true));
        return centred.div(centred.pow(2).mean([-1], keepdim: true).add(epsilon).sqrt()).mul(weights[$"{name}.weight"]).add(weights[$"{name}.bias"]);
    }

    /// <summary>x Φ(x).</summary>
    public static Tensor Gelu(Tensor x) => x.mul(x.div(Math.Sqrt(2)).erf().add(1)).div(2);

    /// <summary>Attention of each query, head by head: [Q, D], [S, D], [S, D] → [Q, D].</summary>
    public static Tensor Attend(Tensor queries, Tensor keys, Tensor values, int heads)
    {
        var width = queries.shape[1] / heads;
        var result = zeros(queries.shape, ScalarType.Float64);
        for (var head = 0; head < heads; head++)
        {
            for (var i = 0L; i < queries.shape[0]; i++)
            {
                var query = queries.select(0, i).narrow(0, head * width, width);
                var scores = keys.narrow(1, head * width, width).matmul(query).div(Math.Sqrt(width)).exp();
                var mixed = scores.div(scores.sum()).matmul(values.narrow(1, head * width, width));
                result.select(0, i).narrow(0, head * width, width).copy_(mixed);
            }
        }

        return result;
    }
}
