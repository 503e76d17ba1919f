using TrainMm.Core.Config;

namespace TrainMm.Models.LanguageModels.Generation;

/// <summary>How text is generated.</summary>
public sealed class GenerationOptions
{
    /// <summary>The most tokens that are generated.</summary>
    [AtLeast(1)]
    public int MaxNewTokens { get; init; } = 256;

    /// <summary>Divides the logits before a token is drawn; 0 takes the likeliest token each time.</summary>
    [AtLeast(0)]
    public double Temperature { get; init; }

    /// <summary>Only the likeliest tokens that together reach this probability are drawn from (nucleus sampling, arXiv:1904.09751).</summary>
    [Range(0, 1)]
    public double TopP { get; init; } = 1;

    /// <summary>Seeds the draws; the same seed gives the same text.</summary>
    public ulong Seed { get; init; }

    /// <summary>Ids that end a text; they are part of what is returned.</summary>
    public IReadOnlyList<int> StopIds { get; init; } = [];
}
