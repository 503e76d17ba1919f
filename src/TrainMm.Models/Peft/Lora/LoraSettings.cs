namespace TrainMm.Models.Peft.Lora;

/// <summary>What a LoRA is, wherever it was written down: in a run's configuration or in an <c>adapter_config.json</c>.</summary>
public sealed record LoraSettings
{
    /// <summary>r, the width between A and B.</summary>
    public required int Rank { get; init; }

    /// <summary>α; the delta is scaled by α/r, with rsLoRA by α/√r.</summary>
    public required double Alpha { get; init; }

    /// <summary>Dropout on A's input, in training.</summary>
    public double Dropout { get; init; }

    /// <summary>Which linear layers are adapted.</summary>
    public required TargetModules Targets { get; init; }

    /// <summary>Other ranks by path pattern, in the order in which they are tried.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> RankPattern { get; init; } = [];

    /// <summary>Other values of α by path pattern, in the order in which they are tried.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> AlphaPattern { get; init; } = [];

    /// <summary>Scales by α/√r (rsLoRA, arXiv:2312.03732).</summary>
    public bool UseRslora { get; init; }

    /// <summary>Trains the length of each of the weight's rows apart (DoRA, arXiv:2402.09353).</summary>
    public bool UseDora { get; init; }

    /// <summary>Modules that are trained and saved whole.</summary>
    public IReadOnlyList<string> ModulesToSave { get; init; } = [];

    /// <summary>The rank and the scale of the layer at a path. As in PEFT, the first key of either pattern that fits the path is looked up in both.</summary>
    public (int Rank, double Scale) For(string path)
    {
        var key = RankPattern.Select(pair => pair.Key).Concat(AlphaPattern.Select(pair => pair.Key)).FirstOrDefault(key => TargetModules.IsPatternKey(key, path));
        var rank = RankPattern.Where(pair => pair.Key == key).Select(pair => (int?)pair.Value).FirstOrDefault() ?? Rank;
        var alpha = AlphaPattern.Where(pair => pair.Key == key).Select(pair => (double?)pair.Value).FirstOrDefault() ?? Alpha;
        return (rank, UseRslora ? alpha / Math.Sqrt(rank) : alpha / rank);
    }
}
