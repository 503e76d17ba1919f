using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace TrainMm.Data.Manifests.Stores;

/// <summary>Reads a zip's central directory, with the zip64 records that archives above 4 GB or 65,535 entries have (APPNOTE 4.3).</summary>
internal sealed class ZipDirectory(ArchiveFile file)
{
    private const int EndSize = 22;
    private const int MaxComment = 65_535;
    private const uint EndSignature = 0x06054B50;
    private const uint Zip64LocatorSignature = 0x07064B50;
    private const uint Zip64EndSignature = 0x06064B50;
    private const uint EntrySignature = 0x02014B50;
    private const int EntrySize = 46;
    private const ushort Encrypted = 1;
    private const ushort Utf8Names = 1 << 11;
    private const long MaxDirectorySize = 1 << 30;

    /// <summary>Deflate cannot make more than 1,032 bytes of one (RFC 1951: 258 bytes for two bits).</summary>
    private const long MaxRatio = 1032;

    /// <summary>SHA-256 of the directory: it holds every entry's name, size and CRC.</summary>
    internal string Hash { get; private set; } = "";

    internal ArchiveIndex Read()
    {
        var (offset, size, count) = FindDirectory();
        if (size is < 0 or > MaxDirectorySize || offset < 0 || offset > file.Length - size) throw file.Damaged("its directory lies outside the file");
        var directory = new byte[size];
        file.Read(offset, directory);
        Hash = Convert.ToHexStringLower(SHA256.HashData(directory));
        var index = new ArchiveIndex();
        ReadOnlySpan<byte> rest = directory;
        for (var i = 0L; i < count; i++) rest = rest[ReadEntry(rest, index)..];
        return index;
    }

    private (long Offset, long Size, long Count) FindDirectory()
    {
        var tail = new byte[Math.Min(file.Length, EndSize + MaxComment)];
        file.Read(file.Length - tail.Length, tail);
        for (var at = tail.Length - EndSize; at >= 0; at--)
        {
            var end = tail.AsSpan(at);
            if (U32(end) != EndSignature || U16(end[20..]) != end.Length - EndSize) continue;
            var (count, size, offset) = (U16(end[10..]), U32(end[12..]), U32(end[16..]));
            return count == ushort.MaxValue || size == uint.MaxValue || offset == uint.MaxValue
                ? FindZip64(file.Length - tail.Length + at) ?? (offset, size, count)
                : (offset, size, count);
        }

        throw file.Damaged("it has no zip directory at its end (an interrupted download?)");
    }

    private (long Offset, long Size, long Count)? FindZip64(long end)
    {
        Span<byte> locator = stackalloc byte[20];
        if (end < locator.Length) return null;
        file.Read(end - locator.Length, locator);
        if (U32(locator) != Zip64LocatorSignature) return null;
        Span<byte> record = stackalloc byte[56];
        file.Read((long)U64(locator[8..]), record);
        if (U32(record) != Zip64EndSignature) throw file.Damaged("its zip64 directory is not where it says");
        return ((long)U64(record[48..]), (long)U64(record[40..]), (long)U64(record[32..]));
    }

    // Returns the bytes that the entry takes in the directory.
    private int ReadEntry(ReadOnlySpan<byte> rest, ArchiveIndex index)
    {
        if (rest.Length < EntrySize || U32(rest) != EntrySignature) throw file.Damaged("its directory ends too early");
        var (nameLength, extraLength, commentLength) = (U16(rest[28..]), U16(rest[30..]), U16(rest[32..]));
        var total = EntrySize + nameLength + extraLength + commentLength;
        if (rest.Length < total) throw file.Damaged("its directory ends too early");
        var flags = U16(rest[8..]);
        var nameBytes = rest.Slice(EntrySize, nameLength);
        var name = ((flags & Utf8Names) != 0 ? Encoding.UTF8 : Encoding.Latin1).GetString(nameBytes);
        if (name.EndsWith('/')) return total;

        var compression = U16(rest[10..]) switch
        {
            0 => EntryCompression.Stored,
            8 => EntryCompression.Deflated,
            var other => throw file.Refused($"its entry '{name}' is compressed by method {other}; stored and deflated entries can be read"),
        };
        if ((flags & Encrypted) != 0) throw file.Refused($"its entry '{name}' is encrypted");
        var (stored, size, offset) = Zip64Sizes(rest.Slice(EntrySize + nameLength, extraLength), U32(rest[20..]), U32(rest[24..]), U32(rest[42..]));
        if (size is < 0 or > ArchiveFile.MaxEntrySize || stored is < 0 or > ArchiveFile.MaxEntrySize) throw file.Refused($"its entry '{name}' is said to have {size:N0} bytes");
        if (size / MaxRatio > stored) throw file.Refused($"its entry '{name}' is said to make {size:N0} bytes of {stored:N0}");
        index.Add(name, new ArchiveEntry(0, offset, stored, size, U32(rest[16..]), compression), file.Path);
        return total;
    }

    // The zip64 field holds only those figures that do not fit their 32 bits, in this order (APPNOTE 4.5.3).
    private static (long Stored, long Size, long Offset) Zip64Sizes(ReadOnlySpan<byte> extra, uint stored, uint size, uint offset)
    {
        var result = (Stored: (long)stored, Size: (long)size, Offset: (long)offset);
        while (extra.Length >= 4)
        {
            var length = Math.Min(U16(extra[2..]), extra.Length - 4);
            if (U16(extra) != 1)
            {
                extra = extra[(4 + length)..];
                continue;
            }

            var field = extra.Slice(4, length);
            if (size == uint.MaxValue) result.Size = Next(ref field);
            if (stored == uint.MaxValue) result.Stored = Next(ref field);
            if (offset == uint.MaxValue) result.Offset = Next(ref field);
            break;
        }

        return result;

        static long Next(ref ReadOnlySpan<byte> field)
        {
            if (field.Length < 8) return -1;
            var value = (long)U64(field);
            field = field[8..];
            return value;
        }
    }

    private static ushort U16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint U32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static ulong U64(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);
}
