using TrainMm.Core.Roles;

namespace TrainMm.Data.Media;

/// <summary>What <see cref="ImageFit.CenterCrop"/> does to pictures of one size: the shorter edge resized, the centre kept. Thread-safe.</summary>
internal sealed class CentreCrop
{
    private readonly ImageSpec spec;
    private readonly ResizePlan resize;
    private readonly int at;
    private readonly bool isFilled;

    /// <summary>For pictures of one size.</summary>
    /// <param name="spec">What the encoder wants.</param>
    /// <param name="width">The picture's.</param>
    /// <param name="height">The picture's.</param>
    internal CentreCrop(ImageSpec spec, int width, int height)
    {
        this.spec = spec;
        (Width, Height) = (width, height);
        var resized = ImagePreprocessor.ResizedSize(width, height, ShortestEdge(spec));
        var (left, top) = (Offset(resized.Width, spec.Width), Offset(resized.Height, spec.Height));
        var (x, y) = (Math.Max(left, 0), Math.Max(top, 0));
        var kept = new PixelBox(x, y, Math.Min(left + spec.Width, resized.Width) - x, Math.Min(top + spec.Height, resized.Height) - y);
        isFilled = (kept.Width, kept.Height) == (spec.Width, spec.Height);
        at = (((y - top) * spec.Width) + x - left) * 3;
        resize = new ResizePlan((width, height), resized, kept, spec.Resampling);
    }

    /// <summary>The picture's.</summary>
    internal int Width { get; }

    /// <summary>The picture's.</summary>
    internal int Height { get; }

    /// <summary>What of the picture is needed.</summary>
    internal PixelBox Needed => resize.Needed;

    internal static int ShortestEdge(ImageSpec spec) => spec.ShortestEdge ?? Math.Min(spec.Height, spec.Width);

    /// <summary>Resizes and crops.</summary>
    /// <param name="pixels">Pixels of the picture.</param>
    /// <param name="box">Which they are; they hold at least <see cref="Needed"/>.</param>
    /// <returns>[H, W, 3], 8 bits; what the picture does not reach is black.</returns>
    internal byte[] Take(RgbImage pixels, PixelBox box)
    {
        var bytes = spec.Height * spec.Width * 3;
        var result = isFilled ? GC.AllocateUninitializedArray<byte>(bytes) : new byte[bytes];
        resize.Run(pixels, box, result.AsSpan(at), spec.Width * 3, ResizeLanesHere.Best);
        return result;
    }

    // Where a crop larger than the picture leaves a margin (black), transformers gives the odd pixel to the top and left, as the floor of a negative half does here.
    private static int Offset(int size, int crop) => (size - crop) >> 1;
}
