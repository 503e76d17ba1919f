using TorchSharp.Modules;
using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Models.Layers;

/// <summary>A table of vectors looked up by id.</summary>
public sealed class TokenEmbedding : NamedModule
{
    private readonly ScalarType dtype;

    /// <summary>Makes the table in a place of its part.</summary>
    /// <param name="count">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="scope">The table's place.</param>
    public TokenEmbedding(long count, long width, ModuleScope scope)
        : base(nameof(TokenEmbedding))
    {
        dtype = scope.Dtype;
        Weight = Add("weight", scope.Parameter("weight", count, width));
    }

    /// <summary>[V, D].</summary>
    public Parameter Weight { get; }

    /// <summary>[...] int64 → [..., D] in the run's type.</summary>
    public Tensor Forward(Tensor ids)
    {
        var rows = Weight.index_select(0, ids.reshape(-1)).CastTo(dtype);
        return rows.view([.. ids.shape, Weight.shape[1]]);
    }
}
