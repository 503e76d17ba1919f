using TrainMm.Core.Config;
using TrainMm.Core.Weights;

namespace TrainMm.Models.Layers;

/// <summary>Kinds of rotary scaling.</summary>
public enum RotaryScalingType
{
    /// <summary>None.</summary>
    Default,

    /// <summary>Positions divided by the factor.</summary>
    Linear,

    /// <summary>A base that grows with sequences longer than those of training.</summary>
    Dynamic,
}

/// <summary>Hugging Face's <c>rope_scaling</c>.</summary>
public sealed class RotaryScalingOptions
{
    /// <summary>The kind.</summary>
    public RotaryScalingType Type { get; init; }

    /// <summary>How many times longer the context becomes.</summary>
    [Above(0)]
    public double Factor { get; init; } = 1;

    /// <summary>Reads <c>rope_scaling</c> of a <c>config.json</c>; null where it is absent or null.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The kind is not known, or the factor is no positive number.</exception>
    public static RotaryScalingOptions? Read(HuggingFaceConfig config)
    {
        if (!config.Has("rope_scaling")) return null;
        var section = config.Section("rope_scaling");
        var key = section.Has("rope_type") ? "rope_type" : "type";
        var type = section.Text(key) switch
        {
            "default" => RotaryScalingType.Default,
            "linear" => RotaryScalingType.Linear,
            "dynamic" => RotaryScalingType.Dynamic,
            var other => throw section.Fault(key, $"is '{other}'; known here: default, linear, dynamic"),
        };
        var factor = type == RotaryScalingType.Default ? 1 : section.Number("factor");
        return factor > 0 ? new() { Type = type, Factor = factor } : throw section.Fault("factor", "must be above 0");
    }

    /// <summary>The scaling that these options describe.</summary>
    /// <param name="maxPositions">The longest sequence that the model was trained on.</param>
    public RotaryScaling Create(int maxPositions) => Type switch
    {
        RotaryScalingType.Linear => new LinearRotaryScaling(Factor),
        RotaryScalingType.Dynamic => new DynamicRotaryScaling(Factor, maxPositions),
        _ => RotaryScaling.None,
    };
}
