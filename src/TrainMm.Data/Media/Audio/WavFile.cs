using System.Buffers.Binary;

namespace TrainMm.Data.Media.Audio;

/// <summary>Writes RIFF WAVE files: one channel of 16-bit integers.</summary>
public static class WavFile
{
    private const int HeaderSize = 44;
    private const int BytesPerSample = sizeof(short);
    private const double FullScale = 32768;

    /// <summary>A whole file.</summary>
    /// <param name="sampleRate">Samples a second.</param>
    /// <param name="samples">[S] in [−1, 1]; what lies beyond is cut off, as it would be by a loudspeaker.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is not positive.</exception>
    /// <exception cref="ArgumentException">A sample is no number.</exception>
    public static byte[] Encode(int sampleRate, ReadOnlySpan<float> samples)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sampleRate);
        var file = new byte[checked(HeaderSize + (BytesPerSample * samples.Length))];
        WriteHeader(file, sampleRate);
        for (var i = 0; i < samples.Length; i++)
        {
            if (float.IsNaN(samples[i])) throw new ArgumentException($"Sample {i} is no number.", nameof(samples));
            var level = Math.Clamp(Math.Round(samples[i] * FullScale), short.MinValue, short.MaxValue);
            BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(HeaderSize + (BytesPerSample * i)), (short)level);
        }

        return file;
    }

    private static void WriteHeader(Span<byte> file, int sampleRate)
    {
        "RIFF"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file[4..], file.Length - 8);
        "WAVEfmt "u8.CopyTo(file[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(file[16..], 16);
        BinaryPrimitives.WriteUInt16LittleEndian(file[20..], WavReader.Integers);
        BinaryPrimitives.WriteUInt16LittleEndian(file[22..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(file[24..], sampleRate);
        BinaryPrimitives.WriteInt32LittleEndian(file[28..], sampleRate * BytesPerSample);
        BinaryPrimitives.WriteUInt16LittleEndian(file[32..], BytesPerSample);
        BinaryPrimitives.WriteUInt16LittleEndian(file[34..], 8 * BytesPerSample);
        "data"u8.CopyTo(file[36..]);
        BinaryPrimitives.WriteInt32LittleEndian(file[40..], file.Length - HeaderSize);
    }
}
