using static TorchSharp.torch;

namespace TrainMm.Models.Layers.Quantised;

/// <summary>
/// A weight in whole numbers from −127 to 127, times a scale for each row: its largest number by 127 (LLM.int8(), arXiv:2208.07339, section 2, equation 1, with a constant for each output).
/// No number is off by more than its row's largest / 254. The products are those of the dequantised weight: inputs are not quantised, so that no outliers need be kept apart.
/// </summary>
public sealed class Int8Weight : QuantisedWeight
{
    private const double Largest = 127;

    /// <summary>Rows that are quantised at a time: what it takes beside the weight stays small.</summary>
    private const long RowsAtATime = 256;

    private readonly QuantisedParameter numbers;
    private readonly QuantisedParameter scales;

    /// <summary>Makes an empty weight.</summary>
    /// <param name="rows">Rows, the outputs.</param>
    /// <param name="columns">Columns, the inputs.</param>
    /// <param name="device">Where it lies.</param>
    public Int8Weight(long rows, long columns, Device device)
        : base(rows, columns, device)
    {
        numbers = Room(ScalarType.Int8, rows * columns, rows, columns);
        scales = Room(ScalarType.Float32, 0, rows, 1);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, QuantisedParameter Parameter)> Parameters => [("weight", numbers), ("weight_scale", scales)];

    /// <inheritdoc/>
    protected override void Quantise(Tensor values)
    {
        for (var first = 0L; first < Rows; first += RowsAtATime)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(RowsAtATime, Rows - first);
            var part = values.narrow(0, first, count).to_type(ScalarType.Float32);   // [count, columns]
            var scale = part.abs().amax(1).div(Largest).unsqueeze(1);                // [count, 1]
            scales.detach().narrow(0, first, count).copy_(scale);
            numbers.detach().narrow(0, first, count).copy_(part.div(scale.clamp(min: float.Epsilon)).round().to_type(ScalarType.Int8));
        }
    }

    /// <inheritdoc/>
    protected override Tensor Values(ScalarType dtype) => numbers.to_type(ScalarType.Float32).mul_(scales).CastTo(dtype);
}
