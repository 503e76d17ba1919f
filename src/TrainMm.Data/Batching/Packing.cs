namespace TrainMm.Data.Batching;

/// <summary>How the samples of a step lie in memory while they go through the language model.</summary>
public enum Packing
{
    /// <summary>Side by side, each padded to the longest of its micro-batch.</summary>
    None,

    /// <summary>End to end, without padding and without seeing one another; of decoders alone, and of objectives that look at tokens, not at whole samples.</summary>
    Pack,
}
