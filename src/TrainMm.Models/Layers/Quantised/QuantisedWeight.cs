using static TorchSharp.torch;

namespace TrainMm.Models.Layers.Quantised;

/// <summary>A frozen weight that is kept in fewer bits, and made into numbers again wherever it is used.</summary>
/// <param name="rows">Rows, the outputs.</param>
/// <param name="columns">Columns, the inputs.</param>
/// <param name="device">Where it lies.</param>
public abstract class QuantisedWeight(long rows, long columns, Device device)
{
    /// <summary>Rows, the outputs.</summary>
    public long Rows { get; } = rows;

    /// <summary>Columns, the inputs.</summary>
    public long Columns { get; } = columns;

    /// <summary>Where it lies.</summary>
    public Device Device { get; } = device;

    /// <summary>The bytes and their scales, by their names in a module; the bytes, called <c>weight</c>, first.</summary>
    public abstract IReadOnlyList<(string Name, QuantisedParameter Parameter)> Parameters { get; }

    /// <summary>Makes an empty weight.</summary>
    /// <param name="quantization">Its form.</param>
    /// <param name="rows">Rows, the outputs.</param>
    /// <param name="columns">Columns, the inputs.</param>
    /// <param name="device">Where it shall lie.</param>
    public static QuantisedWeight Create(WeightQuantization quantization, long rows, long columns, Device device) =>
        quantization == WeightQuantization.Nf4 ? new Nf4Weight(rows, columns, device) : new Int8Weight(rows, columns, device);

    /// <summary>Quantises values.</summary>
    /// <param name="values">[rows, columns], of any element type, on any device.</param>
    public void Store(Tensor values)
    {
        if (Parameters[0].Parameter.is_meta) return;
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Quantise(values.to(Device).contiguous());
    }

    /// <summary>The values, [rows, columns], without a history.</summary>
    /// <param name="dtype">Their element type.</param>
    public Tensor Dequantise(ScalarType dtype)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return Values(dtype).view(Rows, Columns).MoveToOuterDisposeScope();
    }

    /// <summary>Quantises values, [rows, columns], that lie where the weight does.</summary>
    protected abstract void Quantise(Tensor values);

    /// <summary>The values, of any shape that holds [rows, columns].</summary>
    protected abstract Tensor Values(ScalarType dtype);

    /// <summary>Room for bytes or scales.</summary>
    /// <param name="dtype">Their element type.</param>
    /// <param name="elements">How many numbers of the published weight they stand for.</param>
    /// <param name="shape">Their shape.</param>
    protected QuantisedParameter Room(ScalarType dtype, long elements, params long[] shape)
    {
        var parameter = new QuantisedParameter(zeros(shape, dtype, Device), elements);
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
