using TrainMm.Data.Batching;

namespace TrainMm.Tests.Data.Batching;

public sealed class NativeShelfTests
{
    [Fact]
    public void WhatIsKeptStaysAsItWas()
    {
        // Together more than a board of 4 MiB has room for, and one that is larger than a board.
        int[] lengths = [0, 1, 3_000_000, 2_000_000, 5_000_000, 7, 1_000_000];
        var shelf = new NativeShelf();
        var kept = lengths.Select((length, i) => shelf.Keep(Enumerable.Repeat((byte)i, length).ToArray())).ToArray();
        for (var i = 0; i < lengths.Length; i++)
        {
            Assert.Equal(lengths[i], kept[i].Length);
            Assert.False(kept[i].Span.ContainsAnyExcept((byte)i));
        }
    }

    [Fact]
    public void ThreadsGetPlacesOfTheirOwn()
    {
        var shelf = new NativeShelf();
        var kept = new ReadOnlyMemory<byte>[2000];
        Parallel.For(0, kept.Length, i => kept[i] = shelf.Keep(BitConverter.GetBytes(i)));
        for (var i = 0; i < kept.Length; i++) Assert.Equal(i, BitConverter.ToInt32(kept[i].Span));
    }
}
