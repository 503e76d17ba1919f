using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TrainMm.Core.Roles;

/// <summary>A linear layer, plain or with an adapter inside.</summary>
/// <param name="name">The class name in messages.</param>
/// <param name="weight">[out, in], or [in, out].</param>
/// <param name="bias">[out], or null.</param>
/// <param name="isTransposed">Whether the weight is [in, out], as GPT-2 keeps its weights.</param>
public abstract class LinearLayer(string name, Parameter weight, Parameter? bias, bool isTransposed = false) : NamedModule(name)
{
    /// <summary>Whether the weight is kept as [in, out] (PEFT's <c>fan_in_fan_out</c>).</summary>
    public bool IsTransposed { get; } = isTransposed;

    /// <summary>The layer's own weight, [out, in] or as it is kept; an adapter's delta is not in it unless it was merged.</summary>
    public Parameter Weight { get; } = weight;

    /// <summary>[out], or null.</summary>
    public Parameter? Bias { get; } = bias;

    /// <summary>Width of the input.</summary>
    public virtual long InFeatures => Weight.shape[IsTransposed ? 0 : 1];

    /// <summary>Width of the output.</summary>
    public virtual long OutFeatures => Weight.shape[IsTransposed ? 1 : 0];

    /// <summary>The weight's values as [out, in], however it is kept.</summary>
    public virtual Tensor Values() => IsTransposed ? Weight.t() : Weight;

    /// <summary>[..., in] → [..., out], in the input's element type.</summary>
    /// <param name="input">[..., in].</param>
    /// <param name="media">The media's rows, where an adapter or a fusion acts there alone; null where none does, or there are none.</param>
    public Tensor Forward(Tensor input, MediaRows? media = null)
    {
        var output = Map(input, media?.Rows);
        return media?.Fusion is { } fusion ? fusion.AtMedia(this, input, output, media.Rows) : output;
    }

    /// <summary>What the layer, with its adapter, makes of the input: [..., in] → [..., out], in the input's element type.</summary>
    /// <param name="input">[..., in].</param>
    /// <param name="mediaRows">[M] int64, the media's rows, for adapters that act there alone; null where there are none.</param>
    protected abstract Tensor Map(Tensor input, Tensor? mediaRows);
}
