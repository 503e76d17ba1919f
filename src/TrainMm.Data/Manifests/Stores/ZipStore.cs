using System.Buffers.Binary;
using System.IO.Compression;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Manifests.Stores;

/// <summary>Options of media in a zip.</summary>
public sealed class ZipStoreOptions
{
    /// <summary>The zip; the rows name its entries.</summary>
    [PathValue(PathRule.ExistingFile)]
    public required string Path { get; init; }
}

/// <summary>Media as the entries of a zip, stored or deflated, read in place: the directory is indexed once, then any entry is one or two reads away.</summary>
public sealed class ZipStore : IMediaStore
{
    private const int LocalHeaderSize = 30;
    private const uint LocalSignature = 0x04034B50;
    private readonly ArchiveFile file;
    private readonly ArchiveIndex index;

    /// <summary>Opens the zip and reads its directory.</summary>
    /// <exception cref="DataException">It cannot be opened, is damaged, or holds what is refused: names that lead out of it, encryption, other compression.</exception>
    public ZipStore(string path)
    {
        file = new ArchiveFile(path);
        try
        {
            var directory = new ZipDirectory(file);
            index = directory.Read();
            Fingerprint = directory.Hash;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Location => file.Path;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public bool Contains(string name) => index.TryFind(name, out _);

    /// <inheritdoc/>
    public byte[] Read(string name)
    {
        if (!index.TryFind(name, out var entry)) throw new DataException("There is no such entry.", Origin(name));
        Span<byte> header = stackalloc byte[LocalHeaderSize];
        file.Read(entry.Offset, header);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != LocalSignature) throw new DataException("The entry is not where the zip's directory says.", Origin(name));
        var start = entry.Offset + LocalHeaderSize + BinaryPrimitives.ReadUInt16LittleEndian(header[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        var stored = new byte[entry.StoredSize];
        file.Read(start, stored);
        var content = entry.Compression == EntryCompression.Stored ? stored : Inflate(stored, entry.Size, name);
        if (content.Length != entry.Size || Crc32.Compute(content) != entry.Crc) throw new DataException("The entry is damaged: its content does not match its checksum.", Origin(name));
        return content;
    }

    /// <summary>Closes the zip.</summary>
    public void Dispose() => file.Dispose();

    // Reads the announced size and no more, whatever the stream would still give.
    private byte[] Inflate(byte[] stored, long size, string name)
    {
        try
        {
            using var stream = new DeflateStream(new MemoryStream(stored), CompressionMode.Decompress);
            var content = new byte[size];
            stream.ReadExactly(content);
            return stream.ReadByte() < 0 ? content : throw new DataException("The entry is damaged: it holds more bytes than it says.", Origin(name));
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new DataException("The entry is damaged: it cannot be decompressed.", Origin(name), error);
        }
    }

    private string Origin(string name) => $"{file.Path}!{name}";
}
