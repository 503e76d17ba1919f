using static TorchSharp.torch;

namespace TrainMm.Models.Layers.Quantised;

/// <summary>A quantised weight as something that is given values in the published shape.</summary>
/// <param name="Weight">The weight.</param>
/// <param name="IsTransposed">Whether the published shape is [in, out].</param>
public sealed record QuantisedSlot(QuantisedWeight Weight, bool IsTransposed)
{
    /// <summary>Quantises values of the published shape.</summary>
    public void Store(Tensor values) => Weight.Store(IsTransposed ? values.t() : values);

    /// <summary>Quantises what is read: of the whole weight there is one copy in numbers, and only until it is quantised.</summary>
    /// <param name="shape">The published shape.</param>
    /// <param name="read">Reads the values into a tensor of that shape.</param>
    public void Read(long[] shape, Action<Tensor> read)
    {
        if (Weight.Parameters[0].Parameter.is_meta) return;
        using var values = empty(shape, ScalarType.Float32, Weight.Device);
        read(values);
        Store(values);
    }
}
