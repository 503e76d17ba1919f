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

    /// <summary>Long waves slowed, as in Llama 3.1.</summary>
    Llama3,

    /// <summary>YaRN: slow dimensions slowed, scores enlarged.</summary>
    Yarn,
}

/// <summary>Hugging Face's <c>rope_scaling</c>.</summary>
public sealed class RotaryScalingOptions : IValidatable
{
    /// <summary>The kind.</summary>
    public RotaryScalingType Type { get; init; }

    /// <summary>How many times longer the context becomes.</summary>
    [Above(0)]
    public double Factor { get; init; } = 1;

    /// <summary>Of llama3 and yarn: the longest sequence before the stretching; null is max_position_embeddings.</summary>
    [AtLeast(1)]
    public int? OriginalMaxPositionEmbeddings { get; init; }

    /// <summary>Of llama3: waves that fit less often than this into the original length are slowed.</summary>
    [Above(0)]
    public double? LowFreqFactor { get; init; }

    /// <summary>Of llama3: waves that fit more often than this into it stay.</summary>
    [Above(0)]
    public double? HighFreqFactor { get; init; }

    /// <summary>Of yarn: dimensions that turn more often than this over the original length stay; null is 32.</summary>
    [Above(0)]
    public double? BetaFast { get; init; }

    /// <summary>Of yarn: dimensions that turn less often than this are slowed; null is 1.</summary>
    [Above(0)]
    public double? BetaSlow { get; init; }

    /// <summary>Of yarn: what cosine and sine are multiplied by; null is 0.1 ln(factor) + 1.</summary>
    [Above(0)]
    public double? AttentionFactor { get; init; }

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
            "llama3" => RotaryScalingType.Llama3,
            "yarn" => RotaryScalingType.Yarn,
            var other => throw section.Fault(key, $"is '{other}'; known here: default, linear, dynamic, llama3, yarn"),
        };
        var factor = type == RotaryScalingType.Default ? 1 : section.Number("factor");
        if (factor <= 0) throw section.Fault("factor", "must be above 0");
        var isLlama3 = type == RotaryScalingType.Llama3;
        var read = new RotaryScalingOptions
        {
            Type = type,
            Factor = factor,
            OriginalMaxPositionEmbeddings = isLlama3 || section.Has("original_max_position_embeddings") ? section.Integer("original_max_position_embeddings") : null,
            LowFreqFactor = isLlama3 ? section.Number("low_freq_factor") : null,
            HighFreqFactor = isLlama3 ? section.Number("high_freq_factor") : null,
            BetaFast = section.Has("beta_fast") ? section.Number("beta_fast") : null,
            BetaSlow = section.Has("beta_slow") ? section.Number("beta_slow") : null,
            AttentionFactor = section.Has("attention_factor") ? section.Number("attention_factor") : null,
        };
        foreach (var (property, message) in read.Problems()) throw section.Fault(OptionName.Of(property), message);
        return read;
    }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        foreach (var (property, message) in Problems()) checks.Error(property, message);
    }

    /// <summary>The scaling that these options describe.</summary>
    /// <param name="maxPositions">The longest sequence that the model was trained on.</param>
    public RotaryScaling Create(int maxPositions) => Type switch
    {
        RotaryScalingType.Linear => new LinearRotaryScaling(Factor),
        RotaryScalingType.Dynamic => new DynamicRotaryScaling(Factor, maxPositions),
        RotaryScalingType.Llama3 => new Llama3RotaryScaling(Factor, LowFreqFactor!.Value, HighFreqFactor!.Value, OriginalMaxPositionEmbeddings ?? maxPositions),
        RotaryScalingType.Yarn => new YarnRotaryScaling(Factor, OriginalMaxPositionEmbeddings ?? maxPositions, BetaFast ?? 32, BetaSlow ?? 1, AttentionFactor),
        _ => RotaryScaling.None,
    };

    private IEnumerable<(string Property, string Message)> Problems()
    {
        if (Type != RotaryScalingType.Llama3) yield break;
        if (LowFreqFactor is null) yield return (nameof(LowFreqFactor), "is needed by llama3");
        if (HighFreqFactor is null) yield return (nameof(HighFreqFactor), "is needed by llama3");
        if (HighFreqFactor <= LowFreqFactor) yield return (nameof(HighFreqFactor), $"is {HighFreqFactor}, no more than low_freq_factor");
    }
}
