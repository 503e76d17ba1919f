using TrainMm.Core.Config;

namespace TrainMm.Models.Peft.Bottleneck;

/// <summary>Bottlenecks behind linear layers of the language model. Everything that describes the adapter comes either from here or from a checkpoint.</summary>
public sealed class BottleneckOptions : IValidatable
{
    /// <summary>Width of the bottleneck; 64 where it is not given.</summary>
    [AtLeast(1)]
    public int? Bottleneck { get; init; }

    /// <summary>The activation within; gelu where it is not given.</summary>
    public string? Activation { get; init; }

    /// <summary>The linear layers that a bottleneck follows: names, each a whole path or its end. Without it the last projections of attention and feed-forward layers.</summary>
    [NotEmpty]
    public IReadOnlyList<string>? TargetModules { get; init; }

    /// <summary>Modules of the language model that are trained and saved whole beside the bottlenecks: <c>lm_head</c>, <c>embed_tokens</c>.</summary>
    public IReadOnlyList<string>? ModulesToSave { get; init; }

    /// <summary>A folder with adapter_config.json and adapter_model.safetensors, from a run: it gives all of the above and the bottlenecks.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        if (Activation is not null && !Layers.Activation.Names.Contains(Activation, StringComparer.Ordinal)) checks.Error(nameof(Activation), $"must be one of {string.Join(", ", Layers.Activation.Names)}");
        if (Checkpoint is null) return;
        (string Name, bool Given)[] described =
        [
            (nameof(Bottleneck), Bottleneck is not null), (nameof(Activation), Activation is not null),
            (nameof(TargetModules), TargetModules is not null), (nameof(ModulesToSave), ModulesToSave is not null),
        ];
        foreach (var (name, given) in described)
        {
            if (given) checks.Error(name, "is given by the checkpoint's adapter_config.json; leave it out");
        }
    }
}
