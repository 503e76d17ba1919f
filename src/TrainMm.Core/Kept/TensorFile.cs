using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using TorchSharp;
using static TorchSharp.torch;

namespace TrainMm.Core.Kept;

/// <summary>
/// A file of tensors that one process appends to and any number may read at the same time: a mark, then records, each a key, the body's length, the body (element type, shape and bytes of a tensor) and SHA-256 over all of
/// that. A record that was not written to its end is the last, and is not seen. Bytes go straight between file and tensor.
/// </summary>
internal sealed class TensorFile : IDisposable
{
    private const int HeaderSize = TensorKey.Size + sizeof(int);
    private const int HashSize = SHA256.HashSizeInBytes;

    /// <summary>Type and shape of a tensor of eight dimensions, and more than any that is kept has.</summary>
    private const int LongestHead = HeaderSize + 2 + (MostDimensions * sizeof(long));

    private const int MostDimensions = 8;
    private static readonly byte[] Mark = "TrainMmTensors1\n"u8.ToArray();
    private readonly SafeFileHandle handle;
    private long end;

    private TensorFile(SafeFileHandle handle, long end) => (this.handle, this.end) = (handle, end);

    /// <summary>Begins a file.</summary>
    /// <exception cref="IOException">It cannot be written there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written there.</exception>
    public static TensorFile Create(string path)
    {
        var opened = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.Write(opened, Mark, 0);
        return new TensorFile(opened, Mark.Length);
    }

    /// <summary>Opens a file that is there, to be read; null where it is none of these.</summary>
    public static TensorFile? Open(string path)
    {
        var opened = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);
        var mark = new byte[Mark.Length];
        if (Fill(opened, mark, 0) && mark.AsSpan().SequenceEqual(Mark)) return new TensorFile(opened, RandomAccess.GetLength(opened));
        opened.Dispose();
        return null;
    }

    /// <summary>The whole records: each one's key, and where it begins.</summary>
    public IEnumerable<(TensorKey Key, long Offset)> Records()
    {
        var header = new byte[HeaderSize];
        for (var at = (long)Mark.Length; at + HeaderSize <= end && Fill(handle, header, at);)
        {
            var length = LengthOf(header);
            var next = at + HeaderSize + length + HashSize;
            if (length <= 0 || next > end) yield break;
            yield return (TensorKey.Read(header), at);
            at = next;
        }
    }

    /// <summary>Bytes that a tensor's record takes.</summary>
    public static long SizeOf(Tensor tensor) => HeadOf((int)tensor.dim()) + (tensor.numel() * tensor.element_size()) + HashSize;

    /// <summary>Appends a record.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="tensor">On the CPU, contiguous, of eight dimensions at most and less than 2 GiB.</param>
    /// <returns>Where it begins.</returns>
    /// <exception cref="IOException">There is no room for it.</exception>
    public long Append(TensorKey key, Tensor tensor)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tensor.dim(), MostDimensions);
        var size = checked((int)SizeOf(tensor));
        Span<byte> head = stackalloc byte[HeadOf((int)tensor.dim())];
        key.Write(head);
        BinaryPrimitives.WriteInt32LittleEndian(head[TensorKey.Size..], size - HeaderSize - HashSize);
        (head[HeaderSize], head[HeaderSize + 1]) = ((byte)tensor.dtype, (byte)tensor.dim());
        for (var i = 0; i < tensor.dim(); i++) BinaryPrimitives.WriteInt64LittleEndian(head[(HeaderSize + 2 + (i * sizeof(long)))..], tensor.shape[i]);
        Span<byte> hash = stackalloc byte[HashSize];
        Hash(head, tensor.bytes, hash);
        var at = end;
        RandomAccess.Write(handle, head, at);
        RandomAccess.Write(handle, tensor.bytes, at + head.Length);
        RandomAccess.Write(handle, hash, at + size - HashSize);
        end += size;
        return at;
    }

    /// <summary>Reads a record; null where its bytes are not those that were written.</summary>
    /// <param name="key">The key that it has.</param>
    /// <param name="offset">Where it begins.</param>
    /// <returns>On the CPU, in the caller's scope.</returns>
    public Tensor? Read(TensorKey key, long offset)
    {
        Span<byte> longest = stackalloc byte[LongestHead];
        if (!Fill(handle, longest[..(HeaderSize + 2)], offset)) return null;
        var (length, dimensions) = (LengthOf(longest), longest[HeaderSize + 1]);
        var head = longest[..Math.Min(HeadOf(dimensions), LongestHead)];
        var next = offset + HeaderSize + length + HashSize;
        if (dimensions > MostDimensions || length < head.Length - HeaderSize || next > end || !Fill(handle, head, offset) || TensorKey.Read(head) != key) return null;
        var shape = MemoryMarshal.Cast<byte, long>(head[(HeaderSize + 2)..]).ToArray();
        var type = (ScalarType)head[HeaderSize];
        if (!IsOf(length - (head.Length - HeaderSize), shape, type)) return null;
        var tensor = empty(shape, type);
        Span<byte> written = stackalloc byte[HashSize], hash = stackalloc byte[HashSize];
        if (Fill(handle, tensor.bytes, offset + head.Length) && Fill(handle, written, next - HashSize))
        {
            Hash(head, tensor.bytes, hash);
            if (hash.SequenceEqual(written)) return tensor;
        }

        tensor.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    private static int HeadOf(int dimensions) => HeaderSize + 2 + (dimensions * sizeof(long));

    private static int LengthOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt32LittleEndian(header[TensorKey.Size..]);

    /// <summary>Whether a tensor of this shape and type has so many bytes: what was damaged must not ask for memory that nobody has.</summary>
    private static bool IsOf(long bytes, long[] shape, ScalarType type)
    {
        if (!Enum.IsDefined(type) || Array.Exists(shape, side => side < 0 || side > bytes)) return false;
        var elements = shape.Aggregate((UInt128)1, (count, side) => UInt128.Min(count * (UInt128)side, long.MaxValue));
        return elements * (UInt128)type.ElementSize() == (UInt128)bytes;
    }

    private static void Hash(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body, Span<byte> hash)
    {
        using var running = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        running.AppendData(head);
        running.AppendData(body);
        running.GetHashAndReset(hash);
    }

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
