using static TrainMm.Data.Batching.SplitMix;

namespace TrainMm.Data.Batching;

/// <summary>
/// Another order in which the samples of a step are of like length, so that little is padded: the positions of some steps (a window) are sorted by length, cut into steps again, and the steps shuffled.
/// An epoch has the samples that it had, for no window goes over its end. Still a pure function of the position: a resumed run arranges the window that it stands in, and no other. Thread-safe.
/// </summary>
/// <param name="order">The order to be grouped.</param>
/// <param name="batchSize">Samples of a step.</param>
/// <param name="lengths">Each sample's tokens, by its index.</param>
/// <param name="seed">The run's seed.</param>
/// <remarks>It must never change between versions: checkpoints hold positions in it.</remarks>
public sealed class LengthGroupedOrder(IRunOrder order, int batchSize, IReadOnlyList<int> lengths, long seed) : IRunOrder
{
    /// <summary>Steps of a window, as in transformers' sampler of this name: more would pad hardly less, and make an epoch's steps less alike.</summary>
    public const int WindowSteps = 50;

    private volatile Window? latest;

    /// <inheritdoc/>
    public long SamplesPerEpoch => order.SamplesPerEpoch;

    /// <inheritdoc/>
    public int At(long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        var window = latest;
        if (window is null || position < window.Start || position >= window.Start + window.Samples.Length) latest = window = Arrange(position);
        return window.Samples[position - window.Start];
    }

    /// <summary>The window round a position. A step that goes over its edge, at the end of an epoch, gets its shortest samples on both sides, so that they are alike.</summary>
    private Window Arrange(long position)
    {
        var size = (long)WindowSteps * batchSize;
        var (epoch, number) = (position / order.SamplesPerEpoch, position / size);
        var start = Math.Max(number * size, epoch * order.SamplesPerEpoch);
        var end = Math.Min((number + 1) * size, (epoch + 1) * order.SamplesPerEpoch);
        int[] sorted = [.. Enumerable.Range(0, (int)(end - start)).Select(place => order.At(start + place)).OrderBy(sample => lengths[sample])];
        var head = (int)Math.Min(end - start, (batchSize - (start % batchSize)) % batchSize);
        var tail = (int)Math.Min(end - start - head, end % batchSize);
        var steps = sorted[(head + tail)..].Chunk(batchSize).ToArray();
        Shuffle(steps, Of((ulong)seed, (ulong)start));
        return new Window(start, [.. sorted[..head], .. steps.SelectMany(step => step), .. sorted[head..(head + tail)]]);
    }

    private static void Shuffle(int[][] steps, ulong key)
    {
        for (var last = steps.Length - 1; last > 0; last--)
        {
            var other = (int)(Mix(key += Golden) % (ulong)(last + 1));
            (steps[last], steps[other]) = (steps[other], steps[last]);
        }
    }

    private sealed record Window(long Start, int[] Samples);
}
