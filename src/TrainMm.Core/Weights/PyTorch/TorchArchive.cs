using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Core.Weights.PyTorch;

/// <summary>Where a record of a PyTorch file lies.</summary>
/// <param name="Position">Its first byte in the file.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct TorchRecord(long Position, long Length);

/// <summary>
/// A file of <c>torch.save</c> since PyTorch 1.6, which is a zip whose entries are stored without compression: so each record is a stretch of the file.
/// Source: the .ZIP File Format Specification (APPNOTE.TXT), sections 4.3 and 4.5.3.
/// </summary>
internal sealed class TorchArchive
{
    private const uint EndSignature = 0x06054b50;
    private const uint Zip64LocatorSignature = 0x07064b50;
    private const uint Zip64EndSignature = 0x06064b50;
    private const uint EntrySignature = 0x02014b50;
    private const uint LocalSignature = 0x04034b50;
    private const int EndLength = 22;
    private const int Zip64LocatorLength = 20;
    private const int Zip64EndLength = 56;
    private const int EntryLength = 46;
    private const int LocalLength = 30;
    private const int LongestComment = 65535;
    private const int LargestDirectory = 256 << 20;

    private const string PickleName = "/data.pkl";
    private const string ByteOrderName = "/byteorder";
    private const string RecordFolder = "/data/";
    private const int LargestPickle = 256 << 20;

    private readonly SafeFileHandle handle;
    private readonly string path;
    private readonly long length;

    private TorchArchive(SafeFileHandle handle, string path)
    {
        this.handle = handle;
        this.path = path;
        length = RandomAccess.GetLength(handle);
    }

    /// <summary>Reads the directory and the pickle.</summary>
    /// <returns>What the pickle describes, and where each storage lies.</returns>
    /// <exception cref="CheckpointException">The file is damaged, or a record is compressed.</exception>
    public static (object? Content, Dictionary<string, TorchRecord> Storages) Open(SafeFileHandle handle, string path) => new TorchArchive(handle, path).Content();

    private static ushort UInt16(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadUInt16LittleEndian(data[at..]);

    private static uint UInt32(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadUInt32LittleEndian(data[at..]);

    private static long Int64(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadInt64LittleEndian(data[at..]);

    private (object? Content, Dictionary<string, TorchRecord> Storages) Content()
    {
        var records = Records();
        var pickles = records.Keys.Where(name => name.EndsWith(PickleName, StringComparison.Ordinal)).ToArray();
        var pickle = pickles.Length == 1 ? pickles[0] : throw Damaged(pickles.Length == 0 ? "it has no data.pkl" : "it has more than one data.pkl");
        var root = pickle[..^PickleName.Length];
        if (records.TryGetValue(root + ByteOrderName, out var order) && !Bytes(order).AsSpan().SequenceEqual("little"u8))
            throw new CheckpointException($"{path} was written on a machine with another byte order.");
        var storages = records
            .Where(pair => pair.Key.StartsWith(root + RecordFolder, StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key[(root.Length + RecordFolder.Length)..], pair => pair.Value, StringComparer.Ordinal);
        return (StateDictPickle.Read(new PickleReader(Bytes(records[pickle]), path)), storages);
    }

    private Dictionary<string, TorchRecord> Records()
    {
        var (position, size) = Directory();
        if (size is < 0 or > LargestDirectory) throw Damaged("its directory is larger than any that PyTorch writes");
        var directory = Bytes(position, (int)size);
        var records = new Dictionary<string, TorchRecord>(StringComparer.Ordinal);
        for (var at = 0; at < directory.Length;)
        {
            if (directory.Length - at < EntryLength || UInt32(directory, at) != EntrySignature) throw Damaged("its directory is broken");
            var (nameLength, extraLength, commentLength) = (UInt16(directory, at + 28), UInt16(directory, at + 30), UInt16(directory, at + 32));
            var next = at + EntryLength + nameLength + extraLength + commentLength;
            if (next > directory.Length) throw Damaged("its directory is broken");
            var entry = directory.AsSpan(at, EntryLength);
            var name = Encoding.UTF8.GetString(directory, at + EntryLength, nameLength);
            if (name.StartsWith('/') || name.Contains('\\') || name.Split('/').Contains("..")) throw Damaged($"its record '{name}' has a name that leads out of it");
            if (!records.TryAdd(name, Record(name, entry, directory.AsSpan(at + EntryLength + nameLength, extraLength)))) throw Damaged($"it holds '{name}' twice");
            at = next;
        }

        return records;
    }

    /// <summary>Where the directory is: what the end of the file says, or, for large archives, the record that it points to.</summary>
    private (long Position, long Size) Directory()
    {
        var tailLength = (int)Math.Min(length, EndLength + LongestComment);
        var tailStart = length - tailLength;
        var tail = Bytes(tailStart, tailLength);
        var end = tailLength - EndLength;
        while (end >= 0 && UInt32(tail, end) != EndSignature) end--;
        if (end < 0) throw Damaged("it has no directory, as one that was not copied to its end");
        var locator = end - Zip64LocatorLength;
        if (locator < 0 || UInt32(tail, locator) != Zip64LocatorSignature) return (UInt32(tail, end + 16), UInt32(tail, end + 12));
        var record = Bytes(Int64(tail, locator + 8), Zip64EndLength);
        return UInt32(record, 0) == Zip64EndSignature ? (Int64(record, 48), Int64(record, 40)) : throw Damaged("its directory is broken");
    }

    private TorchRecord Record(string name, ReadOnlySpan<byte> entry, ReadOnlySpan<byte> extra)
    {
        if ((UInt16(entry, 8) & 1) != 0) throw Damaged($"'{name}' is encrypted");
        var (stored, size, position) = ((long)UInt32(entry, 20), (long)UInt32(entry, 24), (long)UInt32(entry, 42));
        while (extra.Length >= 4 && extra.Length >= 4 + UInt16(extra, 2))
        {
            var field = extra.Slice(4, UInt16(extra, 2));
            if (UInt16(extra, 0) == 1)
            {
                // Only those of the three that did not fit stand here, in this order.
                if (size == uint.MaxValue) size = Next(ref field);
                if (stored == uint.MaxValue) stored = Next(ref field);
                if (position == uint.MaxValue) position = Next(ref field);
            }

            extra = extra[(4 + UInt16(extra, 2))..];
        }

        if (UInt16(entry, 10) != 0 || stored != size) throw Damaged($"'{name}' is compressed, which PyTorch never does");
        var local = Bytes(position, LocalLength);
        if (UInt32(local, 0) != LocalSignature) throw Damaged($"'{name}' is not where its directory says");
        var start = position + LocalLength + UInt16(local, 26) + UInt16(local, 28);
        return size >= 0 && start <= length - size ? new TorchRecord(start, size) : throw Damaged($"'{name}' is cut off");
    }

    private long Next(ref ReadOnlySpan<byte> field)
    {
        if (field.Length < sizeof(long)) throw Damaged("its directory is broken");
        var value = Int64(field, 0);
        field = field[sizeof(long)..];
        return value;
    }

    private byte[] Bytes(TorchRecord record) => record.Length <= LargestPickle ? Bytes(record.Position, (int)record.Length) : throw Damaged($"its pickle has {record.Length} bytes");

    private byte[] Bytes(long position, int count)
    {
        if (position < 0 || position > length - count) throw Damaged("it is cut off");
        var bytes = new byte[count];
        TensorFill.Read(handle, bytes, position, "its directory", path);
        return bytes;
    }

    private CheckpointException Damaged(string why) => new($"{path} is no sound PyTorch file: {why}.");
}
