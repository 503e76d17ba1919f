using System.Buffers.Binary;
using System.Text;

namespace TrainMm.Data.Manifests.Stores;

/// <summary>Walks through a tar's headers (ustar, with GNU long names and pax records) and tells where its files are. Nothing is extracted.</summary>
internal sealed class TarReader(ArchiveFile file, int fileNumber)
{
    private const int Block = 512;
    private const int MaxNameRecord = 1 << 20;
    private string? longName;
    private long? longSize;

    /// <summary>Adds all files to an index.</summary>
    /// <exception cref="Core.Diagnostics.DataException">The tar is damaged, or holds what is refused.</exception>
    internal void AddTo(ArchiveIndex index)
    {
        for (var offset = 0L; Next(ref offset) is { } found;) index.Add(found.Name, found.Entry, file.Path);
    }

    /// <summary>The next file from a header on, and null at the tar's end.</summary>
    /// <param name="offset">Where a header is; afterwards, where the next one is.</param>
    /// <exception cref="Core.Diagnostics.DataException">The tar is damaged, or holds what is refused.</exception>
    internal TarFile? Next(ref long offset)
    {
        Span<byte> header = stackalloc byte[Block];
        TarFile? found = null;
        var start = offset;
        while (found is null && offset < file.Length)
        {
            file.Read(offset, header);
            if (header.IndexOfAnyExcept((byte)0) < 0) return null;
            CheckHeader(header, offset);
            (found, offset) = ReadEntry(header, start, offset + Block);
            if (longName is null && longSize is null && found is null) start = offset;
        }

        if (offset > file.Length) throw file.Truncated();
        return found;
    }

    private (TarFile? Found, long NextHeader) ReadEntry(ReadOnlySpan<byte> header, long start, long content)
    {
        TarFile? found = null;
        var type = (char)header[156];
        var size = longSize is { } said && type is '0' or '\0' or '7' ? longSize.Value : Number(header.Slice(124, 12));
        if (size < 0 || size > file.Length - content) throw file.Truncated();
        var name = longName ?? Name(header);
        switch (type)
        {
            case '0' or '\0' or '7':
                if (!name.EndsWith('/')) found = new TarFile(name, start, new ArchiveEntry(fileNumber, content, size, size, null, EntryCompression.Stored));
                Forget();
                break;
            case '5':
                Forget();
                break;
            case 'L':
                longName = Text(Record(content, size));
                break;
            case 'x':
                ReadPax(Record(content, size));
                break;
            case 'g' or 'K':
                break;
            default:
                throw file.Refused($"its entry '{name}' is {What(type)}; only files and folders are read");
        }

        return (found, content + ((size + Block - 1) / Block * Block));
    }

    private void Forget() => (longName, longSize) = (null, null);

    private byte[] Record(long offset, long size)
    {
        if (size > MaxNameRecord) throw file.Damaged("one of its names is longer than a megabyte");
        var record = new byte[size];
        file.Read(offset, record);
        return record;
    }

    // A pax record is "length key=value\n", the length counting itself.
    private void ReadPax(ReadOnlySpan<byte> records)
    {
        while (records.Length > 0 && records[0] != 0)
        {
            var space = records.IndexOf((byte)' ');
            if (space < 0 || !int.TryParse(records[..space], out var length) || length <= space + 1 || length > records.Length) throw file.Damaged("one of its pax records is malformed");
            var pair = Encoding.UTF8.GetString(records[(space + 1)..(length - 1)]).Split('=', 2);
            if (pair[0] == "path" && pair.Length == 2) longName = pair[1];
            if (pair[0] == "size" && pair.Length == 2) longSize = long.TryParse(pair[1], out var size) ? size : throw file.Damaged("one of its pax sizes is no number");
            records = records[length..];
        }
    }

    private static string Name(ReadOnlySpan<byte> header)
    {
        var name = Text(header[..100]);
        var prefix = header.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(header.Slice(345, 155)) : "";
        return prefix.Length == 0 ? name : $"{prefix}/{name}";
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    // Octal digits, or GNU's base 256 where the first bit is set; -1 where it is neither.
    private static long Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0) return (field[0] & 0x7F) == 0 && field[1..4].IndexOfAnyExcept((byte)0) < 0 ? BinaryPrimitives.ReadInt64BigEndian(field[4..]) : -1;
        var value = 0L;
        foreach (var digit in field.Trim((byte)' ').TrimEnd((byte)0).TrimEnd((byte)' '))
        {
            if (digit is < (byte)'0' or > (byte)'7') return -1;
            value = (value << 3) | (uint)(digit - '0');
        }

        return value;
    }

    private void CheckHeader(ReadOnlySpan<byte> header, long offset)
    {
        var sum = 0L;
        for (var i = 0; i < Block; i++) sum += i is >= 148 and < 156 ? ' ' : header[i];
        if (Number(header.Slice(148, 8)) == sum) return;
        throw offset == 0
            ? file.Damaged(header[..2].SequenceEqual((byte[])[0x1F, 0x8B]) ? "it is compressed; random access needs a plain tar (gunzip it once)" : "it is no tar")
            : file.Damaged($"the header at byte {offset} has a wrong checksum");
    }

    private static string What(char type) => type switch
    {
        '1' => "a hard link",
        '2' => "a symbolic link",
        '3' or '4' => "a device",
        '6' => "a pipe",
        'S' => "a sparse file",
        _ => $"of type '{type}'",
    };
}

/// <summary>A file in a tar.</summary>
/// <param name="Name">Its name, as the tar has it.</param>
/// <param name="Header">Where its header begins, or the records before it that belong to it.</param>
/// <param name="Entry">Where its content is.</param>
internal readonly record struct TarFile(string Name, long Header, ArchiveEntry Entry);
