namespace TrainMm.Models.Layers;

/// <summary>How far back the tokens of some layers look (sliding window attention, arXiv:2004.05150, section 3.1).</summary>
/// <param name="Reach">Tokens before itself that a token sees.</param>
/// <param name="FirstLayer">The first layer with a window.</param>
/// <param name="EndLayer">The first layer behind those with a window.</param>
public sealed record SlidingWindow(int Reach, int FirstLayer = 0, int EndLayer = int.MaxValue)
{
    /// <summary>
    /// A window of a configuration's <c>sliding_window</c>, which is read in two ways: transformers 4.39 lets a token see itself and as many tokens before it, later versions count the token itself.
    /// </summary>
    /// <param name="size">The configuration's number; null is no window.</param>
    /// <param name="countsItself">Whether the number counts the token itself.</param>
    public static SlidingWindow? Of(int? size, bool countsItself) => size is { } tokens ? new(countsItself ? tokens - 1 : tokens) : null;

    /// <summary>Whether a layer has the window.</summary>
    public bool Covers(int layer) => layer >= FirstLayer && layer < EndLayer;
}
