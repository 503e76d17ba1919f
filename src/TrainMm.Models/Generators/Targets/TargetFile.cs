using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Targets;

/// <summary>
/// A file of targets that one process appends to and any number may read at the same time: a mark, then records, each a key, the body's length, the body (element type, shape and bytes of a tensor) and SHA-256 over all of
/// that. A record that was not written to its end is the last, and is not seen.
/// </summary>
internal sealed class TargetFile : IDisposable
{
    private const int HeaderSize = TargetKey.Size + sizeof(int);
    private const int HashSize = 32;
    private static readonly byte[] Mark = "TrainMmTargets1\n"u8.ToArray();
    private readonly SafeFileHandle handle;
    private long end;

    private TargetFile(SafeFileHandle handle, long end) => (this.handle, this.end) = (handle, end);

    /// <summary>Begins a file.</summary>
    /// <exception cref="IOException">It cannot be written there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written there.</exception>
    public static TargetFile Create(string path)
    {
        var opened = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.Write(opened, Mark, 0);
        return new TargetFile(opened, Mark.Length);
    }

    /// <summary>Opens a file that is there, to be read; null where it is none of these.</summary>
    public static TargetFile? Open(string path)
    {
        var opened = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);
        var mark = new byte[Mark.Length];
        if (Fill(opened, mark, 0) && mark.AsSpan().SequenceEqual(Mark)) return new TargetFile(opened, RandomAccess.GetLength(opened));
        opened.Dispose();
        return null;
    }

    /// <summary>The whole records: each one's key, and where it begins.</summary>
    public IEnumerable<(TargetKey Key, long Offset)> Records()
    {
        var header = new byte[HeaderSize];
        for (var at = (long)Mark.Length; at + HeaderSize <= end && Fill(handle, header, at);)
        {
            var length = LengthOf(header);
            var next = at + HeaderSize + length + HashSize;
            if (length <= 0 || next > end) yield break;
            yield return (TargetKey.Read(header), at);
            at = next;
        }
    }

    /// <summary>Bytes that a target's record takes.</summary>
    public static long SizeOf(Tensor target) => HeaderSize + BodyHeader((int)target.dim()) + (target.numel() * target.element_size()) + HashSize;

    /// <summary>Appends a record.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="target">On the CPU, contiguous.</param>
    /// <returns>Where it begins.</returns>
    /// <exception cref="IOException">There is no room for it.</exception>
    public long Append(TargetKey key, Tensor target)
    {
        var record = new byte[checked((int)SizeOf(target))];
        key.Write(record);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(TargetKey.Size), record.Length - HeaderSize - HashSize);
        var body = record.AsSpan(HeaderSize);
        (body[0], body[1]) = ((byte)target.dtype, (byte)target.dim());
        for (var i = 0; i < target.dim(); i++) BinaryPrimitives.WriteInt64LittleEndian(body[(2 + (i * sizeof(long)))..], target.shape[i]);
        target.bytes.CopyTo(body[BodyHeader((int)target.dim())..]);
        SHA256.HashData(record.AsSpan(0, record.Length - HashSize), record.AsSpan(record.Length - HashSize));
        var at = end;
        RandomAccess.Write(handle, record, at);
        end += record.Length;
        return at;
    }

    /// <summary>Reads a record; null where its bytes are not those that were written.</summary>
    /// <param name="key">The key that it has.</param>
    /// <param name="offset">Where it begins.</param>
    /// <returns>On the CPU.</returns>
    public Tensor? Read(TargetKey key, long offset)
    {
        var header = new byte[HeaderSize];
        if (!Fill(handle, header, offset)) return null;
        var length = LengthOf(header);
        if (length <= 0 || offset + HeaderSize + length + HashSize > end) return null;
        var record = new byte[HeaderSize + length + HashSize];
        if (!Fill(handle, record, offset) || TargetKey.Read(record) != key) return null;
        if (!SHA256.HashData(record.AsSpan(0, record.Length - HashSize)).AsSpan().SequenceEqual(record.AsSpan(record.Length - HashSize))) return null;
        var body = record.AsSpan(HeaderSize, length);
        var shape = MemoryMarshal.Cast<byte, long>(body[2..BodyHeader(body[1])]).ToArray();
        var target = empty(shape, (ScalarType)body[0]);
        body[BodyHeader(body[1])..].CopyTo(target.bytes);
        return target;
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    private static int BodyHeader(int rank) => 2 + (rank * sizeof(long));

    private static int LengthOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt32LittleEndian(header[TargetKey.Size..]);

    private static bool Fill(SafeFileHandle handle, Span<byte> buffer, long offset)
    {
        for (var read = 0; read < buffer.Length;)
        {
            var count = RandomAccess.Read(handle, buffer[read..], offset + read);
            if (count == 0) return false;
            read += count;
        }

        return true;
    }
}
