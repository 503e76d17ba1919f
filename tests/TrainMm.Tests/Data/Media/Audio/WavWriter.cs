using System.Buffers.Binary;

namespace TrainMm.Tests.Data.Media.Audio;

/// <summary>WAV files for tests.</summary>
internal static class WavWriter
{
    public const ushort Integers = 1;
    public const ushort Floats = 3;
    public const ushort Extensible = 0xFFFE;

    /// <summary>A file of samples that are encoded already.</summary>
    public static byte[] Write(byte[] data, ushort code, ushort channels, int rate, ushort bits, uint? size = null, params byte[] before)
    {
        var extended = code == Extensible ? 24 : 0;
        var file = new byte[12 + 8 + 16 + extended + before.Length + 8 + data.Length];
        var span = file.AsSpan();
        "RIFF"u8.CopyTo(span);
        BinaryPrimitives.WriteInt32LittleEndian(span[4..], file.Length - 8);
        "WAVEfmt "u8.CopyTo(span[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(span[16..], 16 + extended);
        BinaryPrimitives.WriteUInt16LittleEndian(span[20..], code);
        BinaryPrimitives.WriteUInt16LittleEndian(span[22..], channels);
        BinaryPrimitives.WriteInt32LittleEndian(span[24..], rate);
        BinaryPrimitives.WriteInt32LittleEndian(span[28..], rate * channels * bits / 8);
        BinaryPrimitives.WriteUInt16LittleEndian(span[32..], (ushort)(channels * bits / 8));
        BinaryPrimitives.WriteUInt16LittleEndian(span[34..], bits);
        if (extended > 0) BinaryPrimitives.WriteUInt16LittleEndian(span[44..], Integers);
        var at = 36 + extended;
        before.CopyTo(span[at..]);
        at += before.Length;
        "data"u8.CopyTo(span[at..]);
        BinaryPrimitives.WriteUInt32LittleEndian(span[(at + 4)..], size ?? (uint)data.Length);
        data.CopyTo(span[(at + 8)..]);
        return file;
    }

    /// <summary>One channel of 16 bits.</summary>
    public static byte[] Write(float[] samples, int rate)
    {
        var data = new byte[2 * samples.Length];
        for (var i = 0; i < samples.Length; i++) BinaryPrimitives.WriteInt16LittleEndian(data.AsSpan(2 * i), (short)Math.Clamp(samples[i] * 32768, -32768, 32767));
        return Write(data, Integers, 1, rate, 16);
    }
}
