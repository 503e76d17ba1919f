using System.Buffers;
using System.Runtime.InteropServices;

namespace TrainMm.Data.Batching;

/// <summary>
/// Bytes that stay for a run, outside the managed heap: each epoch's worth of media in there would make the garbage collector go over all of it again and again
/// while steps are taken. Freed when nothing refers to any of it. Thread-safe.
/// </summary>
internal sealed class NativeShelf
{
    private const int BoardBytes = 4 << 20;

    private readonly Lock filling = new();
    private Board? board;
    private int filled;

    /// <summary>A copy that stays as long as somebody refers to it.</summary>
    internal ReadOnlyMemory<byte> Keep(ReadOnlySpan<byte> bytes)
    {
        var place = Place(bytes.Length);
        bytes.CopyTo(place.Span);
        return place;
    }

    private Memory<byte> Place(int length)
    {
        if (length > BoardBytes) return new Board(length).Memory;
        lock (filling)
        {
            if (board is null || filled + length > BoardBytes) (board, filled) = (new Board(BoardBytes), 0);
            filled += length;
            return board.Memory.Slice(filled - length, length);
        }
    }

    /// <summary>Memory that is freed when no <see cref="Memory{T}"/> of it is left: whoever reads a span of it keeps the memory that it is of alive.</summary>
    private sealed unsafe class Board(int length) : MemoryManager<byte>
    {
        private readonly Block block = new(length);

        public override Span<byte> GetSpan() => new((byte*)block.DangerousGetHandle(), length);

        public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)block.DangerousGetHandle() + elementIndex, default, this);

        public override void Unpin()
        {
            // Native memory is not moved.
        }

        protected override void Dispose(bool disposing) => block.Dispose();
    }

    private sealed unsafe class Block : SafeHandle
    {
        internal Block(int length)
            : base(invalidHandleValue: 0, ownsHandle: true) => SetHandle((nint)NativeMemory.Alloc((nuint)length));

        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            NativeMemory.Free((void*)handle);
            return true;
        }
    }
}
