using static TorchSharp.torch;

namespace TrainMm.Models.Layers.Quantised;

/// <summary>
/// A weight in 4-bit NormalFloat (QLoRA, arXiv:2305.14314, section 3): its numbers, row by row, in blocks of 64, each number the nearest of 16 values times the block's largest.
/// The largest numbers are quantised in turn (double quantisation): less their mean, in blocks of 256, in 8 bits. Here those are whole numbers, where the paper takes 8-bit floats, and they are rounded up,
/// so that no number lies beyond the outermost value: none is off by more than half the widest gap between values, times its block's stored largest number.
/// </summary>
public sealed class Nf4Weight : QuantisedWeight
{
    /// <summary>Numbers that share a scale.</summary>
    public const int BlockSize = 64;

    /// <summary>Scales that share a scale of their own.</summary>
    public const int ScaleBlockSize = 256;

    /// <summary>Steps of a scale's scale: one less than fit, so that rounding up stays within.</summary>
    private const double ScaleSteps = 126;

    /// <summary>Blocks that are quantised at a time: what it takes beside the weight stays small.</summary>
    private const int BlocksAtATime = 1 << 14;

    private readonly QuantisedParameter codes;
    private readonly QuantisedParameter largest;
    private readonly QuantisedParameter steps;
    private readonly QuantisedParameter mean;
    private readonly long blocks;

    /// <summary>Makes an empty weight.</summary>
    /// <param name="rows">Rows, the outputs.</param>
    /// <param name="columns">Columns, the inputs.</param>
    /// <param name="device">Where it lies.</param>
    public Nf4Weight(long rows, long columns, Device device)
        : base(rows, columns, device)
    {
        blocks = ((rows * columns) + BlockSize - 1) / BlockSize;
        codes = Room(ScalarType.Byte, rows * columns, blocks, BlockSize / 2);
        largest = Room(ScalarType.Int8, 0, blocks);
        steps = Room(ScalarType.Float32, 0, (blocks + ScaleBlockSize - 1) / ScaleBlockSize);
        mean = Room(ScalarType.Float32, 0, 1);
    }

    /// <summary>The 16 values (appendix E): quantiles of the normal distribution, brought to ±1, with an exact zero.</summary>
    public static IReadOnlyList<float> Table { get; } =
    [
        -1f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f, -0.09105003625154495f, 0f,
        0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f, 0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1f,
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, QuantisedParameter Parameter)> Parameters =>
        [("weight", codes), ("weight_absmax", largest), ("weight_absmax_step", steps), ("weight_absmax_mean", mean)];

    /// <inheritdoc/>
    protected override void Quantise(Tensor values)
    {
        var flat = values.view(-1);
        StoreScales(cat(InParts().Select(part => Blocks(flat, part.First, part.Count).abs().amax(1)).ToArray())); // [blocks]
        var scales = Scales().clamp(min: float.Epsilon);                                                            // [blocks]
        var middles = tensor(Table.Zip(Table.Skip(1), (low, high) => (low + high) / 2).ToArray(), device: Device);  // [15]
        foreach (var (first, count) in InParts())
        {
            using var scope = NewDisposeScope();
            var shares = Blocks(flat, first, count).div(scales.narrow(0, first, count).unsqueeze(1));               // [count, 64], in ±1
            var nearest = searchsorted(middles, shares, out_int32: true).view(count, BlockSize / 2, 2);             // [count, 32, 2]
            codes.detach().narrow(0, first, count).copy_(nearest.select(2, 0).mul(16).add(nearest.select(2, 1)));
        }
    }

    /// <inheritdoc/>
    protected override Tensor Values(ScalarType dtype)
    {
        var pairs = new float[512]; // a byte's two values, so that one look-up gives both
        for (var code = 0; code < 256; code++) (pairs[2 * code], pairs[(2 * code) + 1]) = (Table[code / 16], Table[code % 16]);
        var shares = tensor(pairs, device: Device).view(256, 2).index_select(0, codes.view(-1).to_type(ScalarType.Int32)).view(blocks, BlockSize); // [blocks, 64]
        return shares.mul_(Scales().unsqueeze(1)).view(-1).narrow(0, 0, Rows * Columns).CastTo(dtype);
    }

    private IEnumerable<(long First, long Count)> InParts()
    {
        for (var first = 0L; first < blocks; first += BlocksAtATime) yield return (first, Math.Min(BlocksAtATime, blocks - first));
    }

    /// <summary>Some blocks in fp32, [count, 64]; what is missing in the last is zero.</summary>
    private Tensor Blocks(Tensor flat, long first, long count)
    {
        var present = Math.Min(count * BlockSize, (Rows * Columns) - (first * BlockSize));
        var part = flat.narrow(0, first * BlockSize, present).to_type(ScalarType.Float32);
        return (present == count * BlockSize ? part : cat([part, zeros([(count * BlockSize) - present], ScalarType.Float32, Device)])).view(count, BlockSize);
    }

    private void StoreScales(Tensor scales)
    {
        var average = scales.mean();
        var missing = (steps.numel() * ScaleBlockSize) - blocks;
        var centred = cat([scales.sub(average), zeros([missing], ScalarType.Float32, Device)]).view(-1, ScaleBlockSize); // [blocks / 256, 256]
        var step = centred.abs().amax(1).div(ScaleSteps);                                                                 // [blocks / 256]
        mean.detach().copy_(average.unsqueeze(0));
        steps.detach().copy_(step);
        largest.detach().copy_(centred.div(step.clamp(min: float.Epsilon).unsqueeze(1)).ceil().view(-1).narrow(0, 0, blocks).to_type(ScalarType.Int8));
    }

    /// <summary>Each block's largest number as it is stored, [blocks].</summary>
    private Tensor Scales()
    {
        var step = steps.unsqueeze(1).expand(-1, ScaleBlockSize).reshape(-1).narrow(0, 0, blocks);
        return largest.to_type(ScalarType.Float32).mul_(step).add_(mean);
    }
}
