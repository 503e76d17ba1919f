using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.EvaClip;

/// <summary>
/// Rotary position embedding in two dimensions (EVA-02, arXiv:2303.11331, section 2): the first half of a head turns with the patch's row, the second with its
/// column. The two dimensions of a pair lie beside each other, unlike in Hugging Face's layout. The class token does not turn.
/// </summary>
/// <param name="Cosine">[N, d].</param>
/// <param name="Sine">[N, d].</param>
internal sealed record GridRotation(Tensor Cosine, Tensor Sine)
{
    private const double Theta = 10_000;

    /// <summary>The angles of a grid.</summary>
    /// <param name="rows">Patches in a column.</param>
    /// <param name="columns">Patches in a row.</param>
    /// <param name="pretrained">Patches along a side in pre-training: rows and columns are brought into its range.</param>
    /// <param name="width">d, a multiple of 4.</param>
    /// <param name="like">Gives type and device.</param>
    public static GridRotation Of(long rows, long columns, int pretrained, int width, Tensor like)
    {
        var steps = arange(0, width / 2, 2, ScalarType.Float32, like.device).div(width / 2);                           // [d/4]
        var frequencies = full([1], Theta, ScalarType.Float32, like.device).pow(steps).reciprocal();                   // [d/4]
        var alongRows = Along(rows).unsqueeze(1).expand(rows, columns, width / 2);
        var alongColumns = Along(columns).unsqueeze(0).expand(rows, columns, width / 2);
        var angles = cat([alongRows, alongColumns], -1).reshape(rows * columns, width);                                // [N, d]
        return new(angles.cos().CastTo(like.dtype), angles.sin().CastTo(like.dtype));

        // [side] → [side, d/2], each angle twice.
        Tensor Along(long side) => arange(0, side, 1, ScalarType.Float32, like.device).div(side).mul(pretrained).unsqueeze(1).mul(frequencies).repeat_interleave(2, -1);
    }

    /// <summary>[I, heads, 1 + N, d] → [I, heads, 1 + N, d].</summary>
    public Tensor Turn(Tensor heads)
    {
        var shape = heads.shape;
        var patches = heads.narrow(2, 1, shape[2] - 1);                                                                // [I, heads, N, d]
        var pairs = patches.reshape(shape[0], shape[1], shape[2] - 1, shape[3] / 2, 2);
        var crossed = stack([pairs.select(-1, 1).neg(), pairs.select(-1, 0)], -1).reshape(patches.shape);              // (a, b) → (−b, a)
        return cat([heads.narrow(2, 0, 1), patches.mul(Cosine).add(crossed.mul(Sine))], 2);
    }
}
