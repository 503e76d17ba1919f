namespace TrainMm.Training.Caches;

/// <summary>Whether a frozen encoder's features of the training set are kept.</summary>
public enum FeatureCache
{
    /// <summary>
    /// Where the run goes over the data more than once, or finds the features of another run; in memory where they take 2 GiB at most, and on disk where they are at least 1 MiB, fit into <c>train.feature_store</c>, leave as much
    /// again free on the disk, and reading was measured to be faster than encoding. The run says what it chose and why, and a run that goes on chooses as it did when it began.
    /// </summary>
    Auto,

    /// <summary>Always: in memory up to 2 GiB, and on disk as far as <c>train.feature_store</c> has room; what fits nowhere is encoded each time.</summary>
    On,

    /// <summary>Never: every step encodes its media.</summary>
    Off,
}
