using TrainMm.Core.Config;

namespace TrainMm.Models.Peft.Ia3;

/// <summary>Learned scales on linear layers of the language model. Everything that describes the adapter comes either from here or from a checkpoint.</summary>
public sealed class Ia3Options : IValidatable
{
    /// <summary>The linear layers that are scaled: names, each a whole path or its end. Without it <c>k_proj</c>, <c>v_proj</c> and <c>down_proj</c>, as LLaMA calls its keys, values and last projection.</summary>
    [NotEmpty]
    public IReadOnlyList<string>? TargetModules { get; init; }

    /// <summary>Those among them that are scaled at their input, the others being scaled at their output: the feed-forward layers' last projections. <c>down_proj</c> where neither list is given.</summary>
    public IReadOnlyList<string>? FeedforwardModules { get; init; }

    /// <summary>Modules of the language model that are trained and saved whole beside the scales: <c>lm_head</c>, <c>embed_tokens</c>.</summary>
    public IReadOnlyList<string>? ModulesToSave { get; init; }

    /// <summary>A folder with adapter_config.json and adapter_model.safetensors (or .bin), from a run or from PEFT: it gives all of the above and the scales.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        (string Name, bool Given)[] described =
            [(nameof(TargetModules), TargetModules is not null), (nameof(FeedforwardModules), FeedforwardModules is not null), (nameof(ModulesToSave), ModulesToSave is not null)];
        foreach (var (name, given) in described)
        {
            if (given && Checkpoint is not null) checks.Error(name, "is given by the checkpoint's adapter_config.json; leave it out");
        }

        if (TargetModules is null != FeedforwardModules is null) checks.Error(TargetModules is null ? nameof(FeedforwardModules) : nameof(TargetModules), "give both lists, or neither");
        foreach (var name in FeedforwardModules?.Except(TargetModules ?? FeedforwardModules, StringComparer.Ordinal) ?? [])
            checks.Error(nameof(FeedforwardModules), $"'{name}' is none of target_modules");
    }
}
