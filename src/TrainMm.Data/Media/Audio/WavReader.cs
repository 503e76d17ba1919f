using System.Buffers.Binary;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Media.Audio;

/// <summary>RIFF WAVE files of uncompressed samples: integers of 8, 16, 24 and 32 bits, floats of 32 and 64.</summary>
internal static class WavReader
{
    internal const ushort Integers = 1;
    private const ushort Floats = 3;
    private const ushort Extensible = 0xFFFE;
    private const int ChunkHeader = 8;
    private const int MaxChannels = 64;
    private const int MaxRate = 1_000_000;

    /// <summary>What a program writes for the size of data that it cannot go back to fill in.</summary>
    private const uint Unknown = uint.MaxValue;

    /// <summary>Whether this is a WAVE file whose samples are read here. One without a format is claimed too, so that its fault is named.</summary>
    public static bool IsReadable(ReadOnlySpan<byte> file)
    {
        if (file.Length < 12 || !file[..4].SequenceEqual("RIFF"u8) || !file[8..12].SequenceEqual("WAVE"u8)) return false;
        return FormatOf(file) is not { } format || format.IsKnown;
    }

    /// <summary>Reads a file, its channels averaged.</summary>
    /// <exception cref="DataException">The file is damaged or cut short.</exception>
    public static AudioClip Read(ReadOnlySpan<byte> file, string origin)
    {
        var format = FormatOf(file) ?? throw Fault("it is a WAV file without a format", origin);
        if (!format.IsKnown || format.Channels is 0 or > MaxChannels || format.Rate is 0 or > MaxRate)
            throw Fault($"its format is not known ({format.Channels} channels of {format.Bits} bits, code {format.Code}, {format.Rate} Hz)", origin);
        var data = Chunk(file, "data"u8, out var missing);
        if (missing > 0) throw Fault($"the file is cut short by {missing} bytes", origin);
        var width = format.Bits / 8;
        var samples = new float[data.Length / (width * format.Channels)];
        for (var i = 0; i < samples.Length; i++)
        {
            var sum = 0.0;
            for (var channel = 0; channel < format.Channels; channel++) sum += Sample(data.Slice(((i * format.Channels) + channel) * width, width), format);
            samples[i] = (float)(sum / format.Channels);
            if (!float.IsFinite(samples[i])) throw Fault($"sample {i} is no number", origin);
        }

        return new AudioClip((int)format.Rate, samples);
    }

    private static double Sample(ReadOnlySpan<byte> bytes, Format format) => (format.Code, format.Bits) switch
    {
        (Integers, 8) => (bytes[0] - 128) / 128.0,
        (Integers, 16) => BinaryPrimitives.ReadInt16LittleEndian(bytes) / 32768.0,
        (Integers, 24) => ((sbyte)bytes[2] << 16 | bytes[1] << 8 | bytes[0]) / 8388608.0,
        (Integers, _) => BinaryPrimitives.ReadInt32LittleEndian(bytes) / 2147483648.0,
        (_, 32) => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        _ => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
    };

    private static Format? FormatOf(ReadOnlySpan<byte> file)
    {
        var chunk = Chunk(file, "fmt "u8, out var missing);
        if (chunk.Length < 16 || missing > 0) return null;
        var code = BinaryPrimitives.ReadUInt16LittleEndian(chunk);
        // The extended format has the code at the head of a GUID, after the valid bits and the loudspeakers.
        if (code == Extensible && chunk.Length >= 26) code = BinaryPrimitives.ReadUInt16LittleEndian(chunk[24..]);
        return new Format(
            code,
            BinaryPrimitives.ReadUInt16LittleEndian(chunk[2..]),
            BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]),
            BinaryPrimitives.ReadUInt16LittleEndian(chunk[14..]));
    }

    /// <summary>A chunk's content, or what there is of it.</summary>
    private static ReadOnlySpan<byte> Chunk(ReadOnlySpan<byte> file, ReadOnlySpan<byte> name, out long missing)
    {
        missing = 0;
        long at = 12;
        while (at + ChunkHeader <= file.Length)
        {
            var header = file[(int)at..];
            var size = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
            var rest = header[ChunkHeader..];
            if (header[..4].SequenceEqual(name))
            {
                if (size == Unknown) return rest;
                missing = Math.Max(0, size - (long)rest.Length);
                return missing > 0 ? rest : rest[..(int)size];
            }

            at += ChunkHeader + (long)size + (size & 1); // chunks begin at even places
        }

        return [];
    }

    private static DataException Fault(string what, string origin) => new($"The clip cannot be used: {what}.", origin);

    private readonly record struct Format(ushort Code, ushort Channels, uint Rate, ushort Bits)
    {
        public bool IsKnown => (Code, Bits) is (Integers, 8 or 16 or 24 or 32) or (Floats, 32 or 64);
    }
}
