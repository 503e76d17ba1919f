using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Beats;

/// <summary>
/// A learned number for each head and each distance between two places (T5, arXiv:1910.10683, section 2.1): near ones have a bucket each, far ones share them, the wider the further;
/// half of the buckets are for places that lie ahead.
/// </summary>
internal sealed class RelativePositions : NamedModule
{
    private readonly Parameter table;
    private readonly int buckets;
    private readonly int furthest;

    /// <summary>Makes the table.</summary>
    /// <param name="buckets">Buckets.</param>
    /// <param name="furthest">The distance from which on all fall into the last bucket.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="scope">Its place.</param>
    public RelativePositions(int buckets, int furthest, int heads, ModuleScope scope)
        : base(nameof(RelativePositions))
    {
        this.buckets = buckets;
        this.furthest = furthest;
        table = Add("weight", scope.Parameter("weight", buckets, heads));
    }

    /// <summary>The bias of every pair of places.</summary>
    /// <returns>[1, heads, N, N].</returns>
    public Tensor Between(int count)
    {
        var indices = new long[count * count];
        for (var from = 0; from < count; from++)
        {
            for (var to = 0; to < count; to++) indices[(from * count) + to] = Bucket(to - from);
        }

        using var places = tensor(indices).to(table.device);
        return table.index_select(0, places).view(count, count, -1).permute(2, 0, 1).unsqueeze(0);
    }

    /// <summary>The bucket of a distance, negative where the other place lies behind.</summary>
    internal int Bucket(int distance)
    {
        var half = buckets / 2;
        var own = half / 2;
        var (size, first) = (Math.Abs(distance), distance > 0 ? half : 0);
        if (size < own) return first + size;

        // In single precision, as the reference computes it: a bucket's edge may hang on the last bit.
        var share = MathF.Log((float)size / own) / (float)Math.Log((double)furthest / own);
        return first + Math.Min(half - 1, own + (int)(share * (half - own)));
    }
}
