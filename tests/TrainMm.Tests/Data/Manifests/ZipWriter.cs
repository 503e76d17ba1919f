using System.Buffers.Binary;
using System.Text;

namespace TrainMm.Tests.Data.Manifests;

/// <summary>Writes zips that the platform's own writer would not: zip64 records in a small file, encrypted flags, names that climb.</summary>
internal sealed class ZipWriter
{
    private readonly MemoryStream file = new();
    private readonly MemoryStream directory = new();
    private int count;

    internal ZipWriter Add(string name, byte[] stored, uint crc, ushort method = 0, ushort flags = 1 << 11, uint? size = null, bool zip64 = false)
    {
        var offset = file.Position;
        var nameBytes = Encoding.UTF8.GetBytes(name);
        Write(file, 0x04034B50u, (ushort)20, flags, method, 0u, crc, (uint)stored.Length, size ?? (uint)stored.Length, (ushort)nameBytes.Length, (ushort)0);
        file.Write(nameBytes);
        file.Write(stored);

        var fullSize = size ?? (uint)stored.Length;
        Write(directory, 0x02014B50u, (ushort)45, (ushort)45, flags, method, 0u, crc, zip64 ? uint.MaxValue : (uint)stored.Length, zip64 ? uint.MaxValue : fullSize);
        Write(directory, (ushort)nameBytes.Length, (ushort)(zip64 ? 28 : 0), (ushort)0, (ushort)0, (ushort)0, 0u, zip64 ? uint.MaxValue : (uint)offset);
        directory.Write(nameBytes);
        if (zip64) Write(directory, (ushort)1, (ushort)24, (ulong)fullSize, (ulong)stored.Length, (ulong)offset);
        count++;
        return this;
    }

    internal byte[] Finish(bool zip64 = false, string comment = "")
    {
        var start = file.Position;
        file.Write(directory.ToArray());
        var end = file.Position;
        if (zip64)
        {
            Write(file, 0x06064B50u, 44UL, (ushort)45, (ushort)45, 0u, 0u, (ulong)count, (ulong)count, (ulong)directory.Length, (ulong)start);
            Write(file, 0x07064B50u, 0u, (ulong)end, 1u);
        }

        Write(file, 0x06054B50u, (ushort)0, (ushort)0, zip64 ? ushort.MaxValue : (ushort)count, zip64 ? ushort.MaxValue : (ushort)count);
        Write(file, zip64 ? uint.MaxValue : (uint)directory.Length, zip64 ? uint.MaxValue : (uint)start, (ushort)comment.Length);
        file.Write(Encoding.ASCII.GetBytes(comment));
        return file.ToArray();
    }

    private static void Write(MemoryStream target, params object[] numbers)
    {
        Span<byte> bytes = stackalloc byte[8];
        foreach (var number in numbers)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, Convert.ToUInt64(number));
            target.Write(bytes[..(number switch { ushort => 2, uint => 4, _ => 8 })]);
        }
    }
}
