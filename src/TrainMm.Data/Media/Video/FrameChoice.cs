namespace TrainMm.Data.Media.Video;

/// <summary>Which frames stand for a video (uniform sampling, arXiv:2401.13601, section 2.1): it is cut into stretches of equal length, and each gives the frame at its middle.</summary>
public static class FrameChoice
{
    /// <summary>The frames' numbers, from 0 and rising; a video with fewer frames than are wanted gives some more than once.</summary>
    /// <param name="frames">Frames of the video, at least 1.</param>
    /// <param name="wanted">F, at least 1.</param>
    /// <returns>F numbers: ⌊(k + ½) · frames / F⌋ for k from 0.</returns>
    public static IReadOnlyList<long> Of(long frames, int wanted)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(frames);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(wanted);
        return [.. Enumerable.Range(0, wanted).Select(k => ((2L * k) + 1) * frames / (2L * wanted))];
    }
}
