using System.Globalization;
using System.Text;

namespace TrainMm.Data.Media.Video;

/// <summary>Binary portable pixmaps (<c>P6</c>) one after the other, as ffmpeg writes them: each says its size, so that nothing else has to.</summary>
internal static class PixmapReader
{
    private const int LongestHeader = 64;

    /// <summary>Bytes that a pixmap of so many pixels takes at most.</summary>
    public static long BytesOf(long pixels) => LongestHeader + (3 * pixels);

    /// <summary>Reads the pixmap that begins at a place.</summary>
    /// <param name="bytes">Pixmaps.</param>
    /// <param name="at">Where one begins; moved to behind it.</param>
    /// <returns>The picture, which the caller disposes; null where there is none whole.</returns>
    public static RgbImage? Read(ReadOnlySpan<byte> bytes, ref int at)
    {
        var rest = bytes[at..];
        if (!rest.StartsWith("P6"u8)) return null;
        var place = 2;
        if (Number(rest, ref place) is not { } width || Number(rest, ref place) is not { } height || Number(rest, ref place) != byte.MaxValue) return null;
        place++; // one white space ends the header
        var size = 3L * width * height;
        if (width < 1 || height < 1 || place + size > rest.Length) return null;
        var image = new RgbImage(width, height);
        rest.Slice(place, (int)size).CopyTo(image.Pixels);
        at += place + (int)size;
        return image;
    }

    private static int? Number(ReadOnlySpan<byte> text, ref int place)
    {
        while (place < text.Length && char.IsWhiteSpace((char)text[place])) place++;
        var start = place;
        while (place < text.Length && char.IsAsciiDigit((char)text[place])) place++;
        return int.TryParse(Encoding.ASCII.GetString(text[start..place]), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
