namespace TrainMm.Tests.Fuzz;

/// <summary>Spoils files as disks, networks and people do: bits, cuts, gaps, doubled pieces, extreme numbers, halves of two files.</summary>
internal sealed class Mutator(int seed, IReadOnlyList<byte[]> seeds)
{
    private static readonly byte[][] Extremes = [[0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0, 0x80], [0x7F, 0xFF, 0xFF, 0xFF], [1, 0, 0, 0]];
    private readonly Random random = new(seed);

    /// <summary>The next spoilt file.</summary>
    public byte[] Next()
    {
        var file = seeds[random.Next(seeds.Count)];
        for (var times = random.Next(1, 4); times > 0; times--) file = Once(file);
        return file;
    }

    private byte[] Once(byte[] file)
    {
        if (file.Length == 0) return [(byte)random.Next(256)];
        var at = random.Next(file.Length);
        var length = random.Next(1, Math.Min(64, file.Length - at) + 1);
        return random.Next(8) switch
        {
            0 => Flipped(file),
            1 => file[..at],
            2 => [.. file[..at], .. file[(at + length)..]],
            3 => [.. file[..(at + length)], .. file[at..]],
            4 => Overwritten(file, at, Extremes[random.Next(Extremes.Length)]),
            5 => Overwritten(file, at, [(byte)random.Next(256)]),
            6 => [.. file[..at], .. Other()],
            _ => [.. file[..at], .. Enumerable.Range(0, length).Select(_ => (byte)random.Next(256)), .. file[at..]],
        };
    }

    private byte[] Flipped(byte[] file)
    {
        var copy = file.ToArray();
        for (var bits = random.Next(1, 9); bits > 0; bits--) copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
        return copy;
    }

    private byte[] Other()
    {
        var other = seeds[random.Next(seeds.Count)];
        return other[random.Next(other.Length)..];
    }

    private static byte[] Overwritten(byte[] file, int at, byte[] bytes)
    {
        var copy = file.ToArray();
        bytes.AsSpan(0, Math.Min(bytes.Length, copy.Length - at)).CopyTo(copy.AsSpan(at));
        return copy;
    }
}
