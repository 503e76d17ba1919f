using FsCheck;
using FsCheck.Fluent;
using TrainMm.Data.Batching;

namespace TrainMm.Tests.Data.Batching;

public sealed class SampleOrderTests
{
    [Fact]
    public void EveryEpochIsAPermutation()
    {
        var property = Prop.ForAll(
            ArbMap.Default.ArbFor<long>(),
            Gen.Choose(0, 1_000_000).ToArbitrary(),
            Gen.Choose(1, 3000).ToArbitrary(),
            (seed, epoch, count) =>
            {
                var order = SampleOrder.Shuffled(seed);
                return Enumerable.Range(0, count).Select(place => order.At(epoch, place, count)).Order().SequenceEqual(Enumerable.Range(0, count));
            });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(100), property);
    }

    [Fact]
    public void EpochsAndSeedsDiffer()
    {
        var property = Prop.ForAll(ArbMap.Default.ArbFor<int>(), Gen.Choose(0, 1000).ToArbitrary(), Gen.Choose(50, 3000).ToArbitrary(), (seed, epoch, count) =>
        {
            int[] Epoch(long from, long number) => [.. Enumerable.Range(0, count).Select(place => SampleOrder.Shuffled(from).At(number, place, count))];
            return !Epoch(seed, epoch).SequenceEqual(Epoch(seed, epoch + 1)) && !Epoch(seed, epoch).SequenceEqual(Epoch(seed + 1L, epoch));
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(100), property);
    }

    // A checkpoint holds a position in this order: it must be the same in every version.
    [Fact]
    public void TheOrderNeverChangesBetweenVersions()
    {
        var order = SampleOrder.Shuffled(1234);
        Assert.Equal(Golden.Ten0, Enumerable.Range(0, 10).Select(i => order.At(i, 10)));
        Assert.Equal(Golden.Ten1, Enumerable.Range(10, 10).Select(i => order.At(i, 10)));
        Assert.Equal(Golden.Demo, Enumerable.Range(0, 12).Select(i => order.At(i + (3L * 6114), 6114)));
        Assert.Equal(Golden.Large, Enumerable.Range(0, 6).Select(i => SampleOrder.Shuffled(-1).At(i + (1L << 40), int.MaxValue)));
    }

    /// <summary>A resumed run asks for a position that it has not walked to: it gets what one that came by all epochs before gets there.</summary>
    [Fact]
    public void APositionIsWhatAWalkThroughTheEpochsComesBy()
    {
        var property = Prop.ForAll(ArbMap.Default.ArbFor<long>(), Gen.Choose(1, 200).ToArbitrary(), Gen.Choose(0, 800).ToArbitrary(), (seed, count, position) =>
        {
            var order = SampleOrder.Shuffled(seed);
            var walk = Enumerable.Range(0, 5).SelectMany(epoch => Enumerable.Range(0, count).Select(place => order.At((long)epoch, place, count))).ToArray();
            return SampleOrder.Shuffled(seed).At(position % walk.Length, count) == walk[position % walk.Length];
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), property);
        Assert.Equal([0, 1, 2, 0, 1, 2, 0], Enumerable.Range(0, 7).Select(i => SampleOrder.Sequential.At(i, 3)));
    }

    /// <summary>Sizes that cannot be gone through here: what stands at neighbouring places is in range, and never twice the same.</summary>
    [Fact]
    public void NoSampleComesTwiceInAnEpochOfAnySize()
    {
        const int window = 500;
        var property = Prop.ForAll(ArbMap.Default.ArbFor<long>(), Gen.Choose(window, int.MaxValue - 1).ToArbitrary(), Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), (seed, count, start) =>
        {
            var order = SampleOrder.Shuffled(seed);
            var first = start % (count - window + 1);
            var drawn = Enumerable.Range(first, window).Select(place => order.At(epoch: 3, place, count)).ToHashSet();
            return drawn.Count == window && drawn.All(sample => sample >= 0 && sample < count);
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), property);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(17)]
    public void EachSampleComesToEachPlaceEquallyOften(int count)
    {
        const int epochs = 4000;
        var order = SampleOrder.Shuffled(99);
        var seen = new int[count, count];
        for (var epoch = 0; epoch < epochs; epoch++)
        {
            for (var place = 0; place < count; place++) seen[place, order.At(epoch, place, count)]++;
        }

        // Five standard deviations of a binomial count: one cell in two million lies outside by chance.
        var expected = epochs / (double)count;
        var allowed = 5 * Math.Sqrt(expected * (1 - (1.0 / count)));
        Assert.All(seen.Cast<int>(), times => Assert.InRange(times, expected - allowed, expected + allowed));
    }

    [Fact]
    public void NeighboursDoNotStayTogether()
    {
        const int count = 6114;
        var order = SampleOrder.Shuffled(0);
        var neighbours = Enumerable.Range(0, count - 1).Count(place => Math.Abs(order.At(0, place, count) - order.At(0, place + 1, count)) == 1);

        // Two in a random order, Poisson distributed.
        Assert.InRange(neighbours, 0, 12);
    }

    [Fact]
    public void WhatIsNoPositionIsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => SampleOrder.Sequential.At(-1, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => SampleOrder.Shuffled(1).At(0, 0));
    }

    private static class Golden
    {
        internal static readonly int[] Ten0 = [0, 8, 1, 7, 4, 3, 5, 2, 6, 9];
        internal static readonly int[] Ten1 = [4, 5, 8, 1, 6, 2, 9, 3, 7, 0];
        internal static readonly int[] Demo = [675, 4601, 5371, 2576, 5664, 5961, 1566, 156, 2242, 731, 3923, 320];
        internal static readonly int[] Large = [2031302434, 1682113188, 574890655, 89979310, 861476646, 471198155];
    }
}
