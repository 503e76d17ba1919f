using System.Runtime.InteropServices;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Media;

/// <summary>The picture formats that are read.</summary>
public enum ImageFormat
{
    /// <summary>JPEG: baseline and progressive; grey, YCbCr, RGB, CMYK and YCCK.</summary>
    Jpeg = 1,

    /// <summary>PNG of every colour type and depth; of an APNG the default picture.</summary>
    Png = 2,

    /// <summary>WebP, lossy and lossless; of an animation the first frame.</summary>
    Webp = 3,
}

/// <summary>How a picture is decoded.</summary>
public sealed record ImageDecodeOptions
{
    /// <summary>PIL's limit against decompression bombs: pictures of more pixels are refused from the header.</summary>
    public const long DefaultMaxPixels = 178_956_970;

    /// <summary>The cap on width × height.</summary>
    public long MaxPixels { get; init; } = DefaultMaxPixels;

    /// <summary>Turn the picture as its EXIF orientation says. On by default: the picture is then what the eye saw. LLaVA's own pipeline leaves it as stored.</summary>
    public bool ApplyOrientation { get; init; } = true;

    /// <summary>
    /// Lets a JPEG be decoded at 1/2, 1/4 or 1/8 of its size as long as the result is no smaller than this. Several times faster for large photographs,
    /// but the pixels are then no longer PIL's: null, the default, decodes all of them.
    /// </summary>
    public (int Width, int Height)? ScaleTo { get; init; }
}

/// <summary>What a picture's header says.</summary>
/// <param name="Format">The format, by content and not by name.</param>
/// <param name="Width">Pixels as stored.</param>
/// <param name="Height">Pixels as stored.</param>
/// <param name="Orientation">EXIF orientation, 1 to 8.</param>
/// <param name="Frames">Frames of an animation; 1 for a still picture.</param>
public sealed record ImageHeader(ImageFormat Format, int Width, int Height, int Orientation, int Frames);

/// <summary>Pictures in memory to 8-bit RGB, over libjpeg-turbo, libpng and libwebp. Alpha is dropped and CMYK converted as PIL's <c>convert("RGB")</c> does. Thread-safe.</summary>
public static unsafe class ImageDecoder
{
    /// <summary>Reads the header only.</summary>
    /// <param name="bytes">The file's content.</param>
    /// <param name="origin">Names the picture in an error.</param>
    /// <param name="options">Caps; null for the defaults.</param>
    /// <exception cref="DataException">Not a JPEG, PNG or WebP, damaged, or over the cap.</exception>
    public static ImageHeader Probe(ReadOnlySpan<byte> bytes, string origin, ImageDecodeOptions? options = null)
    {
        var info = ReadInfo(bytes, origin, ToNative(options ?? new ImageDecodeOptions()));
        return new ImageHeader((ImageFormat)info.Format, info.Width, info.Height, info.Orientation, info.Frames);
    }

    /// <summary>Decodes every pixel (or fewer, where <see cref="ImageDecodeOptions.ScaleTo"/> allows it).</summary>
    /// <param name="bytes">The file's content.</param>
    /// <param name="origin">Names the picture in an error.</param>
    /// <param name="options">Caps, orientation and scaling; null for the defaults.</param>
    /// <returns>[H, W, 3]; the caller disposes it.</returns>
    /// <exception cref="DataException">Not a JPEG, PNG or WebP, truncated, damaged, or over the cap.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> bytes, string origin, ImageDecodeOptions? options = null) =>
        DecodePart(bytes, origin, options, PixelBox.Whole, out _);

    /// <summary>Decodes at least a part of a picture; every pixel is what it is in the whole.</summary>
    /// <param name="bytes">The file's content.</param>
    /// <param name="origin">Names the picture in an error.</param>
    /// <param name="options">Caps, orientation and scaling; null for the defaults.</param>
    /// <param name="wanted">Says which part, by width and height of what would be decoded.</param>
    /// <param name="box">What was decoded: the part and more, or the whole.</param>
    /// <returns>[H, W, 3] of the box; the caller disposes it.</returns>
    /// <exception cref="DataException">Not a JPEG, PNG or WebP, truncated, damaged (inside the part or outside), or over the cap.</exception>
    internal static RgbImage DecodePart(ReadOnlySpan<byte> bytes, string origin, ImageDecodeOptions? options, Func<int, int, PixelBox> wanted, out PixelBox box)
    {
        var native = ToNative(options ?? new ImageDecodeOptions());
        var info = ReadInfo(bytes, origin, native);
        var covered = wanted(info.OutputWidth, info.OutputHeight);
        var image = new RgbImage(info.OutputWidth, info.OutputHeight);
        try
        {
            var message = stackalloc byte[NativeMedia.MessageCapacity];
            var pixels = image.Pixels;
            fixed (byte* source = bytes, target = pixels)
                Check(NativeMedia.Decode(source, (nuint)bytes.Length, &native, &covered, target, (nuint)pixels.Length, message, NativeMedia.MessageCapacity), message, origin);
            box = covered;
            image.KeepOnly(covered.Width, covered.Height);
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    private static NativeMedia.Info ReadInfo(ReadOnlySpan<byte> bytes, string origin, NativeMedia.Options native)
    {
        var message = stackalloc byte[NativeMedia.MessageCapacity];
        NativeMedia.Info info;
        try
        {
            fixed (byte* source = bytes)
                Check(NativeMedia.Probe(source, (nuint)bytes.Length, &native, &info, message, NativeMedia.MessageCapacity), message, origin);
        }
        catch (DllNotFoundException error)
        {
            throw new DataException("Pictures cannot be decoded: libtrainmm_media, or one of libjpeg62-turbo, libpng16 and libwebp7 that it needs, was not found.", origin, error);
        }

        return info;
    }

    private static NativeMedia.Options ToNative(ImageDecodeOptions options) => new()
    {
        MaxPixels = Math.Min(options.MaxPixels, int.MaxValue / 3),
        ApplyOrientation = options.ApplyOrientation ? 1 : 0,
        ScaleToWidth = options.ScaleTo?.Width ?? 0,
        ScaleToHeight = options.ScaleTo?.Height ?? 0,
    };

    private static void Check(int code, byte* message, string origin)
    {
        if (code != 0) throw new DataException($"The picture cannot be used: {Marshal.PtrToStringUTF8((nint)message)}.", origin);
    }
}
