namespace TrainMm.Training.Loop;

/// <summary>How smoothly the steps of one process went: what they waited for, and what the garbage collector took.</summary>
public sealed record LoopFigures
{
    /// <summary>Steps that the figures are of: those of the process that wrote them.</summary>
    public required long Steps { get; init; }

    /// <summary>Seconds that the steps waited for their batches.</summary>
    public required double WaitSeconds { get; init; }

    /// <summary>That as a share of the steps' time.</summary>
    public required double WaitShare { get; init; }

    /// <summary>Collections of the youngest generation alone while steps were taken: most of them between two steps.</summary>
    public required int Gen0Collections { get; init; }

    /// <summary>Collections of the two younger generations while steps were taken.</summary>
    public required int Gen1Collections { get; init; }

    /// <summary>Collections of all generations while steps were taken.</summary>
    public required int Gen2Collections { get; init; }

    /// <summary>The longest time that all collections within one step, or the one behind it, took, milliseconds.</summary>
    public required double LongestPauseMs { get; init; }

    /// <summary>KiB of managed memory that a step allocated, over the first tenth of the steps, or over all where there were fewer.</summary>
    public required double AllocatedKibAtFirst { get; init; }

    /// <summary>The same over the last whole tenth.</summary>
    public required double AllocatedKibAtLast { get; init; }

    /// <summary>Tensors alive behind the first tenth of the steps; the next batch's, which are made meanwhile, are some of them.</summary>
    public required long TensorsAtFirst { get; init; }

    /// <summary>The same behind the last whole tenth.</summary>
    public required long TensorsAtLast { get; init; }

    /// <summary>MiB of memory that the process had behind the first tenth of the steps.</summary>
    public required long MemoryMibAtFirst { get; init; }

    /// <summary>The same behind the last whole tenth.</summary>
    public required long MemoryMibAtLast { get; init; }
}
