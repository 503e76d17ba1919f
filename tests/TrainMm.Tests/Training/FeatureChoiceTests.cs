using TrainMm.Models;
using TrainMm.Training.Caches;

namespace TrainMm.Tests.Training;

public sealed class FeatureChoiceTests
{
    private const long Bytes = 300_000;

    private static readonly FeatureFacts Twice = new()
    {
        Samples = 1000,
        Seen = 2000,
        BytesPerMedium = Bytes,
        Known = 0,
        DiskObjection = null,
        EncodeSeconds = 0.1,
        ReadSeconds = 0.001,
    };

    private static readonly FeatureFacts Large = Twice with { Samples = (FrozenFeatures.DefaultCapacity / Bytes) + 1, Seen = 1_000_000 };

    public static TheoryData<string, bool, bool, string> Cases => new()
    {
        { "twice", true, true, "each of 1000 samples is taken 2 times, they take 286.1 MiB, encoding a medium takes 100.0 ms and reading its features 1.00 ms" },
        { "once", false, false, "the run takes each sample once, and no other run has kept them" },
        { "once, half of them known", true, true, "another run has kept them, they take 286.1 MiB, encoding a medium takes 100.0 ms and reading its features 1.00 ms" },
        { "a fast encoder", true, false, "each of 1000 samples is taken 2 times, they take 286.1 MiB, encoding a medium takes 0.5 ms and reading its features 1.00 ms; not on disk: reading a medium's takes 1.00 ms, encoding it 0.50 ms" },
        { "no room", true, false, "each of 1000 samples is taken 2 times, they take 286.1 MiB, encoding a medium takes 100.0 ms and reading its features 1.00 ms; not on disk: no room" },
        { "large", true, true, "each of 7159 samples is taken 139.7 times, they take 2048.2 MiB, encoding a medium takes 100.0 ms and reading its features 1.00 ms" },
        { "large, no room", false, false, "they take 2048.2 MiB, more than the 2 GiB that memory may hold, and on disk no room" },
        { "began without", false, false, "the run began without them" },
        { "began with", true, true, "the run began with them" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void AutoGoesByWhatIsKnown(string name, bool kept, bool onDisk, string reason)
    {
        var facts = name switch
        {
            "once" => Twice with { Seen = 1000, Known = 499 },
            "once, half of them known" => Twice with { Seen = 1000, Known = 500 },
            "a fast encoder" => Twice with { EncodeSeconds = 0.0005 },
            "no room" => Twice with { DiskObjection = "no room" },
            "large" => Large,
            "large, no room" => Large with { DiskObjection = "no room" },
            "began without" => Twice with { Before = false },
            "began with" => Twice with { Seen = 1000, Before = true },
            _ => Twice,
        };
        Assert.Equal(new FeatureChoice(kept, onDisk, reason), FeatureChoice.Of(FeatureCache.Auto, facts));
    }

    [Fact]
    public void OnAndOffAskNobody()
    {
        Assert.Equal((true, true), (FeatureChoice.Of(FeatureCache.On, Large with { Seen = 1 }).IsKept, FeatureChoice.Of(FeatureCache.On, Large with { DiskObjection = "no room" }).OnDisk));
        Assert.False(FeatureChoice.Of(FeatureCache.Off, Twice with { Before = true }).IsKept);
    }
}
