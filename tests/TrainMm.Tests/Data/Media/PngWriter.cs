using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace TrainMm.Tests.Data.Media;

/// <summary>Writes PNG files of any colour type and depth, sound or not, so that tests hold no picture files.</summary>
internal static class PngWriter
{
    internal const int Grey = 0;
    internal const int Rgb = 2;
    internal const int Palette = 3;
    internal const int GreyAlpha = 4;
    internal const int Rgba = 6;

    private static readonly byte[] Signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10];

    /// <summary>A whole file; <paramref name="rows"/> are packed as the format stores them, without filter bytes.</summary>
    internal static byte[] Write(int width, int height, int bits, int colourType, IEnumerable<byte[]> rows, params (string Type, byte[] Content)[] chunksBeforePixels)
    {
        using var file = new MemoryStream();
        file.Write(Signature);
        WriteChunk(file, "IHDR", Header(width, height, bits, colourType));
        foreach (var (type, content) in chunksBeforePixels) WriteChunk(file, type, content);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            foreach (var row in rows)
            {
                zlib.WriteByte(0);
                zlib.Write(row);
            }
        }

        WriteChunk(file, "IDAT", packed.ToArray());
        WriteChunk(file, "IEND", []);
        return file.ToArray();
    }

    /// <summary>An 8-bit RGB file whose pixels a function of (x, y) gives.</summary>
    internal static byte[] WriteRgb(int width, int height, Func<int, int, (byte Red, byte Green, byte Blue)> pixel, params (string Type, byte[] Content)[] chunksBeforePixels)
    {
        var rows = Enumerable.Range(0, height).Select(y => Enumerable.Range(0, width).SelectMany(x =>
        {
            var (red, green, blue) = pixel(x, y);
            return new[] { red, green, blue };
        }).ToArray());
        return Write(width, height, 8, Rgb, rows, chunksBeforePixels);
    }

    /// <summary>The content of an eXIf chunk with nothing but an orientation.</summary>
    internal static byte[] Orientation(int value, bool littleEndian) => littleEndian
        ? [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, (byte)value, 0, 0, 0, 0, 0, 0, 0]
        : [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)value, 0, 0, 0, 0, 0, 0];

    private static byte[] Header(int width, int height, int bits, int colourType)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = (byte)bits;
        header[9] = (byte)colourType;
        return header;
    }

    private static void WriteChunk(MemoryStream file, string type, byte[] content)
    {
        Span<byte> number = stackalloc byte[4];
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. content];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(body));
        file.Write(number);
    }

    private static uint Crc(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320u);
        }

        return ~crc;
    }
}
