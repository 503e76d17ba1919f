using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;

namespace TrainMm.Data.Media;

/// <summary>
/// An <see cref="ImageSpec"/> carried out as transformers' slow image processors do it: resized on 8 bits with PIL's filters, cropped, then
/// (x / 255 − mean) / std in float32. <see cref="ImageFit.Pad"/> first pads to a square in the mean colour (LLaVA-1.5, arXiv:2310.03744, <c>expand2square</c>).
/// </summary>
public sealed class ImagePreprocessor(ImageSpec spec, ImageDecodeOptions? options = null) : IMediaPreprocessor
{
    private readonly float[][] values = [Table(spec.Mean.Red, spec.Std.Red), Table(spec.Mean.Green, spec.Std.Green), Table(spec.Mean.Blue, spec.Std.Blue)];

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape { get; } = [3, spec.Height, spec.Width];

    /// <inheritdoc/>
    /// <exception cref="DataException">The picture cannot be decoded, or is too long and thin to be resized.</exception>
    public byte[] Prepare(ReadOnlySpan<byte> medium, string origin)
    {
        using var image = ImageDecoder.Decode(medium, origin, options);
        return Fit(image, origin);
    }

    /// <summary>Fits a decoded picture to the encoder's size.</summary>
    /// <returns>[H, W, 3], 8 bits.</returns>
    /// <exception cref="DataException">The picture is too long and thin to be resized.</exception>
    internal byte[] Fit(RgbImage image, string origin)
    {
        var (longer, shorter) = (Math.Max(image.Width, image.Height), Math.Min(image.Width, image.Height));
        if (spec.Fit == ImageFit.CenterCrop && (long)Edge * longer / shorter > MaxResizedEdge)
            throw new DataException($"The picture cannot be used: {image.Width} x {image.Height} pixels are too long and thin to resize the shorter edge to {Edge}.", origin);
        return Fit(image);
    }

    /// <summary>Fits a decoded picture to the encoder's size.</summary>
    /// <returns>[H, W, 3], 8 bits.</returns>
    public byte[] Fit(RgbImage image)
    {
        switch (spec.Fit)
        {
            case ImageFit.Squash:
                using (var squashed = PilResize.Resize(image, spec.Width, spec.Height, spec.Resampling)) return squashed.Pixels.ToArray();
            case ImageFit.Pad:
                using (var square = PadToSquare(image)) return ResizeAndCrop(square);
            default:
                return ResizeAndCrop(image);
        }
    }

    /// <inheritdoc/>
    public void Expand(ReadOnlySpan<byte> prepared, Span<float> values)
    {
        var pixels = spec.Height * spec.Width;
        for (var channel = 0; channel < 3; channel++)
        {
            var table = this.values[channel];
            var plane = values.Slice(channel * pixels, pixels);
            for (int i = 0, at = channel; i < plane.Length; i++, at += 3) plane[i] = table[prepared[at]];
        }
    }

    /// <summary>The size that the shorter edge is resized to, and the longer one with it, rounded down as transformers does.</summary>
    /// <returns>Width and height in pixels.</returns>
    public static (int Width, int Height) ResizedSize(int width, int height, int shortestEdge)
    {
        var (shorter, longer) = width <= height ? (width, height) : (height, width);
        var newLonger = (int)((double)((long)shortestEdge * longer) / shorter);
        return width <= height ? (shortestEdge, newLonger) : (newLonger, shortestEdge);
    }

    // A one-pixel line of 100,000 pixels would grow to gigabytes.
    private const int MaxResizedEdge = 100_000;

    private int Edge => spec.ShortestEdge ?? Math.Min(spec.Height, spec.Width);

    // There are only 256 values a channel; numpy scales in double, rounds to float32, then subtracts and divides there.
    private static float[] Table(double mean, double std)
    {
        var table = new float[256];
        for (var value = 0; value < table.Length; value++) table[value] = ((float)(value * (1 / 255.0)) - (float)mean) / (float)std;
        return table;
    }

    private byte[] ResizeAndCrop(RgbImage image)
    {
        var (width, height) = ResizedSize(image.Width, image.Height, Edge);
        using var resized = PilResize.Resize(image, width, height, spec.Resampling);
        var result = new byte[spec.Height * spec.Width * 3];
        var left = Offset(width, spec.Width);
        var top = Offset(height, spec.Height);
        for (var y = Math.Max(top, 0); y < Math.Min(top + spec.Height, height); y++)
        {
            var x = Math.Max(left, 0);
            var count = Math.Min(left + spec.Width, width) - x;
            resized.Row(y).Slice(x * 3, count * 3).CopyTo(result.AsSpan((((y - top) * spec.Width) + x - left) * 3));
        }

        return result;
    }

    // Where a crop larger than the picture leaves a margin (black), transformers gives the odd pixel to the top and left, as the floor of a negative half does here.
    private static int Offset(int size, int crop) => (size - crop) >> 1;

    private RgbImage PadToSquare(RgbImage image)
    {
        var side = Math.Max(image.Width, image.Height);
        var square = new RgbImage(side, side);
        ReadOnlySpan<byte> colour = [MeanColour(spec.Mean.Red), MeanColour(spec.Mean.Green), MeanColour(spec.Mean.Blue)];
        var pixels = square.Pixels;
        for (var i = 0; i < pixels.Length; i++) pixels[i] = colour[i % 3];
        var left = (side - image.Width) / 2;
        var top = (side - image.Height) / 2;
        for (var y = 0; y < image.Height; y++) image.Row(y).CopyTo(square.Row(top + y)[(left * 3)..]);
        return square;
    }

    private static byte MeanColour(double mean) => (byte)Math.Clamp((int)(mean * 255), 0, 255);
}
