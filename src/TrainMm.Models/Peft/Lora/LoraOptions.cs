using System.Text.RegularExpressions;
using TrainMm.Core.Config;

namespace TrainMm.Models.Peft.Lora;

/// <summary>Low-rank deltas beside linear layers of the language model. Everything that describes the adapter comes either from here or from a checkpoint.</summary>
public sealed class LoraOptions : IValidatable
{
    /// <summary>r, the width between A and B; 8 where it is not given.</summary>
    [AtLeast(1)]
    public int? R { get; init; }

    /// <summary>α; the delta is scaled by α/r. 8 where it is not given.</summary>
    [Above(0)]
    public double? Alpha { get; init; }

    /// <summary>Dropout on A's input, in training; 0 where it is not given.</summary>
    [Range(0, 1, ExcludesMaximum = true)]
    public double? Dropout { get; init; }

    /// <summary>The linear layers that get a delta: names, each a whole path or its end (<c>q_proj</c>). Without it and without a pattern, every linear layer but the head.</summary>
    [NotEmpty]
    public IReadOnlyList<string>? TargetModules { get; init; }

    /// <summary>The linear layers that get a delta, as one regular expression for the whole path, instead of names.</summary>
    [NotEmpty]
    public string? TargetPattern { get; init; }

    /// <summary>Other ranks by path pattern: <c>layers.0.mlp.down_proj: 2</c>.</summary>
    [AtLeast(1)]
    public IReadOnlyDictionary<string, int>? RankPattern { get; init; }

    /// <summary>Other values of α by path pattern.</summary>
    [Above(0)]
    public IReadOnlyDictionary<string, double>? AlphaPattern { get; init; }

    /// <summary>Scales by α/√r instead of α/r (rsLoRA, arXiv:2312.03732); false where it is not given.</summary>
    public bool? UseRslora { get; init; }

    /// <summary>Trains the length of each row of an adapted weight beside the delta, which then only turns it (DoRA, arXiv:2402.09353); false where it is not given. Only for <c>lora</c>.</summary>
    public bool? Dora { get; init; }

    /// <summary>Modules of the language model that are trained and saved whole beside the deltas: <c>lm_head</c>, <c>embed_tokens</c>.</summary>
    public IReadOnlyList<string>? ModulesToSave { get; init; }

    /// <summary>A folder with adapter_config.json and adapter_model.safetensors (or .bin), from a run or from PEFT: it gives all of the above and the deltas.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        if (TargetModules is not null && TargetPattern is not null) checks.Error(nameof(TargetPattern), "give either names or a pattern");
        CheckPatterns(checks, nameof(TargetPattern), TargetPattern is null ? [] : [TargetPattern]);
        CheckPatterns(checks, nameof(RankPattern), RankPattern?.Keys ?? []);
        CheckPatterns(checks, nameof(AlphaPattern), AlphaPattern?.Keys ?? []);
        if (Checkpoint is null) return;
        (string Name, bool Given)[] described =
        [
            (nameof(R), R is not null), (nameof(Alpha), Alpha is not null), (nameof(Dropout), Dropout is not null), (nameof(TargetModules), TargetModules is not null),
            (nameof(TargetPattern), TargetPattern is not null), (nameof(RankPattern), RankPattern is not null), (nameof(AlphaPattern), AlphaPattern is not null),
            (nameof(UseRslora), UseRslora is not null), (nameof(Dora), Dora is not null), (nameof(ModulesToSave), ModulesToSave is not null),
        ];
        foreach (var (name, given) in described)
        {
            if (given) checks.Error(name, "is given by the checkpoint's adapter_config.json; leave it out");
        }
    }

    /// <summary>What the options say, with PEFT's defaults where they say nothing.</summary>
    internal LoraSettings ToSettings() => new()
    {
        Rank = R ?? 8,
        Alpha = Alpha ?? 8,
        Dropout = Dropout ?? 0,
        Targets = new TargetModules(TargetModules, TargetModules is null ? TargetPattern ?? Lora.TargetModules.AllLinear : null),
        RankPattern = [.. RankPattern ?? new Dictionary<string, int>(StringComparer.Ordinal)],
        AlphaPattern = [.. AlphaPattern ?? new Dictionary<string, double>(StringComparer.Ordinal)],
        UseRslora = UseRslora ?? false,
        UseDora = Dora ?? false,
        ModulesToSave = ModulesToSave ?? [],
    };

    private static void CheckPatterns(OptionChecks checks, string property, IEnumerable<string> patterns)
    {
        foreach (var pattern in patterns)
        {
            try
            {
                _ = Regex.Match("", pattern, RegexOptions.None, TimeSpan.FromSeconds(1));
            }
            catch (ArgumentException fault)
            {
                checks.Error(property, $"'{pattern}' is no regular expression: {fault.Message}");
            }
        }
    }
}
