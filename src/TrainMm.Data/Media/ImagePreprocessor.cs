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

    private volatile CentreCrop? latest;

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape { get; } = [3, spec.Height, spec.Width];

    /// <inheritdoc/>
    /// <exception cref="DataException">The picture cannot be decoded, or is too long and thin to be resized.</exception>
    public byte[] Prepare(ReadOnlySpan<byte> medium, string origin)
    {
        if (spec.Fit != ImageFit.CenterCrop)
        {
            using var image = ImageDecoder.Decode(medium, origin, options);
            return Fit(image);
        }

        // What the crop throws away need not be decoded.
        CentreCrop crop = null!;
        using var part = ImageDecoder.DecodePart(medium, origin, options, Wanted, out var box);
        return crop.Take(part, box);

        PixelBox Wanted(int width, int height)
        {
            RefuseTooThin(width, height, origin);
            crop = CropOf(width, height);
            return crop.Needed;
        }
    }

    /// <summary>Fits a decoded picture to the encoder's size.</summary>
    /// <returns>[H, W, 3], 8 bits.</returns>
    /// <exception cref="DataException">The picture is too long and thin to be resized.</exception>
    internal byte[] Fit(RgbImage image, string origin)
    {
        if (spec.Fit == ImageFit.CenterCrop) RefuseTooThin(image.Width, image.Height, origin);
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
                using (var square = PadToSquare(image)) return Crop(square);
            default:
                return Crop(image);
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

    // There are only 256 values a channel; numpy scales in double, rounds to float32, then subtracts and divides there.
    private static float[] Table(double mean, double std)
    {
        var table = new float[256];
        for (var value = 0; value < table.Length; value++) table[value] = ((float)(value * (1 / 255.0)) - (float)mean) / (float)std;
        return table;
    }

    private byte[] Crop(RgbImage image) => CropOf(image.Width, image.Height).Take(image, PixelBox.Whole(image.Width, image.Height));

    // Pictures of one size often follow each other, and a table of weights is work. Whichever thread's stays is as good as another's.
    private CentreCrop CropOf(int width, int height) =>
        latest is { } crop && (crop.Width, crop.Height) == (width, height) ? crop : latest = new CentreCrop(spec, width, height);

    private void RefuseTooThin(int width, int height, string origin)
    {
        var edge = CentreCrop.ShortestEdge(spec);
        if ((long)edge * Math.Max(width, height) / Math.Min(width, height) > MaxResizedEdge)
            throw new DataException($"The picture cannot be used: {width} x {height} pixels are too long and thin to resize the shorter edge to {edge}.", origin);
    }

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
