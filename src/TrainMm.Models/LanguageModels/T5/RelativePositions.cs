using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.T5;

/// <summary>
/// Biases of the scores by how far a key lies from its query (arXiv:1910.10683, section 2.1): near distances have one each, farther ones share theirs in steps that grow with the logarithm.
/// </summary>
/// <param name="table">[buckets, heads].</param>
/// <param name="bothWays">Whether keys after the query are told from keys before it (the encoder), or are not there (the decoder).</param>
/// <param name="furthest">From this distance on all share one bias.</param>
internal sealed class RelativePositions(TokenEmbedding table, bool bothWays, int furthest)
{
    /// <summary>[1, heads, T, P + T], added to the scores.</summary>
    /// <param name="length">T, the queries.</param>
    /// <param name="past">P, the keys before the first query.</param>
    public Tensor Biases(long length, long past)
    {
        using var scope = NewDisposeScope();
        var device = table.Weight.device;
        var queries = arange(past, past + length, ScalarType.Int64, device).unsqueeze(1); // [T, 1]
        var keys = arange(past + length, ScalarType.Int64, device).unsqueeze(0);          // [1, P + T]
        var biases = table.Forward(Buckets(keys.sub(queries)));                           // [T, P + T, heads]
        return biases.permute(2, 0, 1).unsqueeze(0).MoveToOuterDisposeScope();            // [1, heads, T, P + T]
    }

    /// <summary>Signed distances → rows of the table, int64 each.</summary>
    public Tensor Buckets(Tensor distances)
    {
        var buckets = table.Weight.shape[0] / (bothWays ? 2 : 1);
        var exact = buckets / 2;
        var size = bothWays ? distances.abs() : distances.neg().clamp(min: 0);
        // In fp32 and in this order, as the checkpoints' own code has it: at the edge of a bucket rounding decides.
        var steps = size.clamp(min: exact).to_type(ScalarType.Float32).div(exact).log().div(Math.Log(furthest / (double)exact)).mul(buckets - exact);
        var far = steps.to_type(ScalarType.Int64).add(exact).clamp(max: buckets - 1);
        var bucket = where(size.lt(exact), size, far);
        return bothWays ? bucket.add(distances.gt(0).to_type(ScalarType.Int64).mul(buckets)) : bucket;
    }
}
