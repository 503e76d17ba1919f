namespace TrainMm.Core.Diagnostics;

/// <summary>Exit codes that scripts rely on.</summary>
public enum ExitCode
{
    /// <summary>Done.</summary>
    Done = 0,

    /// <summary>Anything that no other code names.</summary>
    Failure = 1,

    /// <summary>The configuration or the command line is wrong.</summary>
    Configuration = 2,

    /// <summary>The data is wrong.</summary>
    Data = 3,

    /// <summary>Out of memory.</summary>
    OutOfMemory = 4,

    /// <summary>Loss or gradient is not finite.</summary>
    NonFinite = 5,

    /// <summary>Another process uses the run directory.</summary>
    RunDirectoryInUse = 6,

    /// <summary>A checkpoint is damaged or does not fit.</summary>
    CorruptCheckpoint = 7,

    /// <summary>Stopped by a signal after a checkpoint; run the same command again.</summary>
    Preempted = 75,
}
