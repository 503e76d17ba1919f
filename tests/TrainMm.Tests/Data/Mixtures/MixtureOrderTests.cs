using FsCheck;
using FsCheck.Fluent;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Mixtures;

namespace TrainMm.Tests.Data.Mixtures;

public sealed class MixtureOrderTests
{
    private static readonly int[] Sizes = [10, 7, 100];
    private static readonly long[] Counts = [25, 7, 15];

    [Fact]
    public void EachEpochHasItsCountsOfEachSet()
    {
        var order = new MixtureOrder(5, Sizes, Counts);
        Assert.Equal(47, order.SamplesPerEpoch);
        for (var epoch = 0; epoch < 20; epoch++)
        {
            var drawn = Epoch(order, epoch);
            Assert.Equal((25, 7, 15), (drawn.Count(i => i < 10), drawn.Count(i => i is >= 10 and < 17), drawn.Count(i => i is >= 17 and < 117)));
        }
    }

    [Fact]
    public void ASetsSamplesComeEquallyOften()
    {
        // 20 epochs are 50 passes over the first set, 20 over the second and 3 over the third.
        var drawn = Enumerable.Range(0, 20 * 47).Select(position => new MixtureOrder(5, Sizes, Counts).At(position)).CountBy(index => index).ToDictionary();
        Assert.All(Enumerable.Range(0, 117), index => Assert.Equal(index < 10 ? 50 : index < 17 ? 20 : 3, drawn[index]));
    }

    /// <summary>Whatever the sets: an epoch has each one's count, and in as many epochs as a set has rows, that set is gone through exactly count times.</summary>
    [Fact]
    public void ASetIsGoneThroughAsOftenAsItsCountSays()
    {
        var property = Prop.ForAll(ArbMap.Default.ArbFor<long>(), Sets, (seed, sets) =>
        {
            var order = OrderOf(seed, sets);
            var start = 0;
            foreach (var (size, count) in sets)
            {
                var drawn = Enumerable.Range(0, size * (int)order.SamplesPerEpoch).Select(position => order.At(position)).Where(index => index >= start && index < start + size);
                var times = drawn.CountBy(index => index).ToDictionary();
                if (times.Count != size || times.Values.Any(seen => seen != count)) return false;
                start += size;
            }

            return true;
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(100), property);
    }

    [Fact]
    public void APositionIsWhatAWalkComesBy()
    {
        var property = Prop.ForAll(ArbMap.Default.ArbFor<long>(), Sets, Gen.Choose(0, 1000).ToArbitrary(), (seed, sets, position) =>
        {
            var walked = OrderOf(seed, sets);
            var walk = Enumerable.Range(0, position + 1).Select(place => walked.At(place)).ToArray();
            return OrderOf(seed, sets).At(position) == walk[position];
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(100), property);
    }

    [Fact]
    public void EpochsAndSeedsDiffer()
    {
        var order = new MixtureOrder(5, Sizes, Counts);
        Assert.NotEqual(Epoch(order, 0), Epoch(order, 1));
        Assert.NotEqual(Epoch(order, 0), Epoch(new MixtureOrder(6, Sizes, Counts), 0));
    }

    /// <summary>Checkpoints hold positions in this order, so it must be the same in every version. The numbers are those of a second implementation, in Python.</summary>
    [Fact]
    public void TheOrderNeverChanges()
    {
        var order = new MixtureOrder(5, Sizes, Counts);
        Assert.Equal(Golden, Enumerable.Range(0, 12).Select(i => order.At((1L << 40) + i)));
    }

    [Fact]
    public void ALargeMixtureNeedsNoList()
    {
        var order = new MixtureOrder(1, [1_000_000_000, 1_000_000_000], [1_500_000_000, 500_000_000]);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0L; i < 1000; i++) Assert.InRange(order.At(i * 1_234_567_891), 0, 2_000_000_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 200_000);
        Assert.Throws<DataException>(() => new MixtureOrder(1, [10, 10], [int.MaxValue, 1]));
    }

    private static Arbitrary<(int Size, int Count)[]> Sets => Gen.Zip(Gen.Choose(1, 30), Gen.Choose(1, 40)).Select(pair => (pair.Item1, pair.Item2)).NonEmptyListOf().Select(sets => sets.Take(4).ToArray()).ToArbitrary();

    private static MixtureOrder OrderOf(long seed, (int Size, int Count)[] sets) => new(seed, [.. sets.Select(set => set.Size)], [.. sets.Select(set => (long)set.Count)]);

    private static readonly int[] Golden = [6, 16, 106, 4, 2, 60, 3, 3, 5, 68, 79, 12];

    private static int[] Epoch(MixtureOrder order, int epoch) => [.. Enumerable.Range(0, 47).Select(place => order.At((epoch * 47L) + place))];
}
