using System.Runtime;

namespace TrainMm.Training.Loop;

/// <summary>Measures how smoothly steps go, and asks the garbage collector meanwhile not to stop them for a full collection where it can do without.</summary>
internal sealed class LoopMeter : IDisposable
{
    private readonly GCLatencyMode before = GCSettings.LatencyMode;
    private readonly int gen2;
    private readonly long totalSteps;
    private TimeSpan waited;
    private TimeSpan worked;
    private TimeSpan paused = GC.GetTotalPauseDuration();
    private TimeSpan longestPause;
    private long allocated = GC.GetTotalAllocatedBytes();
    private long steps;
    private (long Bytes, long Steps) current;
    private (long Bytes, long Steps)? first;
    private (long Bytes, long Steps)? last;

    /// <summary>Begins to measure.</summary>
    /// <param name="totalSteps">Steps that will be taken.</param>
    public LoopMeter(long totalSteps)
    {
        this.totalSteps = totalSteps;

        // What the start has left is sorted out now: data sets, tokenizers and weights' descriptions that live on would otherwise be moved while steps are taken.
        GC.Collect();
        gen2 = GC.CollectionCount(2);
        GCSettings.LatencyMode = GCLatencyMode.SustainedLowLatency;
    }

    /// <summary>What was measured; null before the first step.</summary>
    public LoopFigures? Figures => steps == 0 ? null : new LoopFigures
    {
        Steps = steps,
        WaitSeconds = Math.Round(waited.TotalSeconds, 3),
        WaitShare = Math.Round(waited / worked, 4),
        Gen2Collections = GC.CollectionCount(2) - gen2,
        LongestPauseMs = Math.Round(longestPause.TotalMilliseconds, 2),
        AllocatedKibAtFirst = PerStep(first ?? current),
        AllocatedKibAtLast = PerStep(last ?? current),
    };

    /// <summary>Says that a step begins: what lies between the steps is not theirs.</summary>
    public void Begin() => (paused, allocated) = (GC.GetTotalPauseDuration(), GC.GetTotalAllocatedBytes());

    /// <summary>Says that a step is done.</summary>
    /// <param name="wait">How long it waited for its batch.</param>
    /// <param name="took">How long it took, the wait included.</param>
    public void End(TimeSpan wait, TimeSpan took)
    {
        (waited, worked) = (waited + wait, worked + took);
        var pause = GC.GetTotalPauseDuration() - paused;
        if (pause > longestPause) longestPause = pause;
        var bytes = GC.GetTotalAllocatedBytes() - allocated;
        steps++;
        current = (current.Bytes + bytes, current.Steps + 1);
        if (current.Steps < Math.Max(1, totalSteps / 10)) return;
        first ??= current;
        (last, current) = (current, default);
    }

    /// <summary>Gives the garbage collector its ways back.</summary>
    public void Dispose() => GCSettings.LatencyMode = before;

    private static double PerStep((long Bytes, long Steps) part) => Math.Round(part.Bytes / 1024.0 / part.Steps, 1);
}
