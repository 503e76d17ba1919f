using System.Runtime;
using TrainMm.Torch;

namespace TrainMm.Training.Loop;

/// <summary>Measures how smoothly steps go, and asks the garbage collector meanwhile not to stop them for a full collection where it can do without.</summary>
internal sealed class LoopMeter : IDisposable
{
    /// <summary>Bytes after which the youngest generation is collected: of so little the collection takes about a millisecond.</summary>
    private const long CollectedBytes = 4 << 20;

    /// <summary>The same while the first steps make what lives on for the whole run, which would be much to move at once.</summary>
    private const long CollectedBytesAtFirst = CollectedBytes / 8;

    private const int FirstSteps = 8;

    private readonly GCLatencyMode modeBefore = GCSettings.LatencyMode;
    private readonly int[] collections;
    private readonly long totalSteps;
    private TimeSpan waited;
    private TimeSpan worked;
    private TimeSpan paused = GC.GetTotalPauseDuration();
    private TimeSpan longestPause;
    private long allocated = GC.GetTotalAllocatedBytes();
    private long collectedAt = GC.GetTotalAllocatedBytes();
    private long steps;
    private Tenth current;
    private Tenth? first;
    private Tenth? last;

    /// <summary>Begins to measure.</summary>
    /// <param name="totalSteps">Steps that will be taken.</param>
    public LoopMeter(long totalSteps)
    {
        this.totalSteps = totalSteps;

        // What the start has left is sorted out now: data sets, tokenizers and weights' descriptions that live on would otherwise be moved while steps are taken.
        // Twice, since one collection makes it only a generation older, and the next would have it to go over again.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        collections = [.. Collections()];
        GCSettings.LatencyMode = GCLatencyMode.SustainedLowLatency;
    }

    /// <summary>What was measured; null before the first step.</summary>
    public LoopFigures? Figures
    {
        get
        {
            if (steps == 0) return null;
            var now = Collections().Zip(collections, (after, before) => after - before).ToArray();
            var (begin, end) = (first ?? current.Closed(), last ?? current.Closed());
            return new LoopFigures
            {
                Steps = steps,
                WaitSeconds = Math.Round(waited.TotalSeconds, 3),
                WaitShare = Math.Round(waited / worked, 4),
                Gen0Collections = now[0] - now[1],
                Gen1Collections = now[1] - now[2],
                Gen2Collections = now[2],
                LongestPauseMs = Math.Round(longestPause.TotalMilliseconds, 2),
                AllocatedKibAtFirst = begin.KibPerStep,
                AllocatedKibAtLast = end.KibPerStep,
                TensorsAtFirst = begin.Tensors,
                TensorsAtLast = end.Tensors,
                MemoryMibAtFirst = begin.Memory >> 20,
                MemoryMibAtLast = end.Memory >> 20,
            };
        }
    }

    /// <summary>Says that a step begins: what lies between the steps is not theirs.</summary>
    public void Begin() => (paused, allocated) = (GC.GetTotalPauseDuration(), GC.GetTotalAllocatedBytes());

    /// <summary>
    /// Says that all that a step held is given back, and lets the youngest generation be collected where a step has ended and next to nothing of it lives on. Left to itself the collector comes in the middle of a step,
    /// after as much as the start wanted to have room for, and moves all that the step still needs.
    /// </summary>
    public void Rest()
    {
        if (current.Steps >= Math.Max(1, totalSteps / 10))
        {
            last = current.Closed();
            first ??= last;
            current = default;
        }

        if (GC.GetTotalAllocatedBytes() - collectedAt < (steps <= FirstSteps ? CollectedBytesAtFirst : CollectedBytes)) return;
        var before = GC.GetTotalPauseDuration();
        GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        collectedAt = GC.GetTotalAllocatedBytes();
        Note(GC.GetTotalPauseDuration() - before);
    }

    /// <summary>Says that a step is done.</summary>
    /// <param name="wait">How long it waited for its batch.</param>
    /// <param name="took">How long it took, the wait included.</param>
    public void End(TimeSpan wait, TimeSpan took)
    {
        (waited, worked) = (waited + wait, worked + took);
        Note(GC.GetTotalPauseDuration() - paused);
        var bytes = GC.GetTotalAllocatedBytes() - allocated;
        steps++;
        current = current with { Bytes = current.Bytes + bytes, Steps = current.Steps + 1 };
    }

    /// <summary>Gives the garbage collector its ways back.</summary>
    public void Dispose() => GCSettings.LatencyMode = modeBefore;

    private void Note(TimeSpan pause)
    {
        if (pause > longestPause) longestPause = pause;
    }

    // By generation; a collection counts for the younger ones, too.
    private static IEnumerable<int> Collections() => Enumerable.Range(0, 3).Select(GC.CollectionCount);

    /// <summary>A tenth of the steps: what they allocated, and what there was behind them.</summary>
    private readonly record struct Tenth(long Bytes, long Steps, long Tensors, long Memory)
    {
        public double KibPerStep => Math.Round(Bytes / 1024.0 / Steps, 1);

        public Tenth Closed() => this with { Tensors = TensorCount.Live, Memory = Environment.WorkingSet };
    }
}
