using TrainMm.Core.Roles;

namespace TrainMm.Data.Media;

/// <summary>
/// PIL's antialiased resize of 8-bit RGB, bit for bit: first along rows, then along columns, each pass in fixed point, rounded and clipped to 8 bits.
/// Encoders were trained on pictures resized this way, and torch's interpolation gives other values.
/// </summary>
public static class PilResize
{
    /// <summary>Resizes a whole picture; the aspect ratio is not kept.</summary>
    /// <returns>A new picture, [<paramref name="height"/>, <paramref name="width"/>, 3]; the caller disposes it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A side is not positive.</exception>
    public static RgbImage Resize(RgbImage image, int width, int height, Resampling resampling) => Resize(image, width, height, resampling, ResizeLanesHere.Best);

    internal static RgbImage Resize(RgbImage image, int width, int height, Resampling resampling, ResizeLanes lanes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        var resized = new RgbImage(width, height);
        var plan = new ResizePlan((image.Width, image.Height), (width, height), PixelBox.Whole(width, height), resampling);
        plan.Run(image, PixelBox.Whole(image.Width, image.Height), resized.Pixels, width * 3, lanes);
        return resized;
    }
}
