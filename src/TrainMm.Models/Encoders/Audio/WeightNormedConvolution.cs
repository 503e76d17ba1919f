using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Audio;

/// <summary>
/// A convolution over time in groups, its weight normed (arXiv:1602.07868) over each of its steps: w[:, :, k] = g[k] v[:, :, k] / ‖v[:, :, k]‖. It gives as many frames as it gets.
/// </summary>
internal sealed class WeightNormedConvolution : NamedModule
{
    private readonly Parameter lengths;
    private readonly Parameter directions;
    private readonly Parameter bias;
    private readonly int kernel;
    private readonly int groups;

    /// <summary>Makes the layer.</summary>
    /// <param name="width">Channels in and out.</param>
    /// <param name="kernel">Steps that are seen.</param>
    /// <param name="groups">Groups of channels that do not see each other.</param>
    /// <param name="scope">Its place.</param>
    public WeightNormedConvolution(int width, int kernel, int groups, ModuleScope scope)
        : base(nameof(WeightNormedConvolution))
    {
        this.kernel = kernel;
        this.groups = groups;
        bias = Add("bias", scope.Parameter("bias", width));
        lengths = Add("weight_g", scope.Parameter("weight_g", 1, 1, kernel));
        directions = Add("weight_v", scope.Parameter("weight_v", width, width / groups, kernel));
    }

    /// <summary>[I, De, N] → [I, De, N].</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var wide = x.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;              // norms of 16-bit weights would be off
        var v = directions.CastTo(wide);                                                                 // [De, De / groups, k]
        var weight = v.mul(lengths.CastTo(wide).div(Norms(v))).CastTo(x.dtype);                          // [De, De / groups, k]
        var y = nn.functional.conv1d(x, weight, bias.CastTo(x.dtype), padding: kernel / 2, groups: groups);
        return y.narrow(2, 0, x.shape[2]).MoveToOuterDisposeScope();                                     // an even kernel gives one more
    }

    /// <summary>Makes the weight what its directions are, for random weights.</summary>
    public void Reset()
    {
        if (lengths.is_meta) return;
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        lengths.detach().copy_(Norms(directions.CastTo(ScalarType.Float32)));
    }

    private static Tensor Norms(Tensor v) => v.square().sum(0L, 1L, keepdim: true).sqrt();               // [1, 1, k]
}
