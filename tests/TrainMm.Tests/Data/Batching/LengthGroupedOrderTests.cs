using FsCheck;
using FsCheck.Fluent;
using TrainMm.Data.Batching;

namespace TrainMm.Tests.Data.Batching;

public sealed class LengthGroupedOrderTests
{
    [Fact]
    public void EveryEpochHasTheSamplesThatItHad()
    {
        var property = Prop.ForAll(Gen.Choose(1, 700).ToArbitrary(), Gen.Choose(1, 9).ToArbitrary(), Gen.Choose(0, 5).ToArbitrary(), (count, batch, epoch) =>
        {
            var order = Order(count, batch);
            return Enumerable.Range(0, count).Select(place => order.At(((long)epoch * count) + place)).Order().SequenceEqual(Enumerable.Range(0, count));
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(100), property);
    }

    /// <summary>Whatever was asked for before, a position has its sample: what a resumed run and a prefetching thread rely on.</summary>
    [Fact]
    public void APositionHasItsSampleWhateverWasAskedForBefore()
    {
        var (walked, sought) = (Order(333, 4), Order(333, 4));
        int[] samples = [.. Enumerable.Range(0, 1000).Select(position => walked.At(position))];
        Assert.All(Enumerable.Range(0, 1000).Reverse(), position => Assert.Equal(samples[position], sought.At(position)));
    }

    [Fact]
    public void TheSamplesOfAStepAreOfLikeLengthAndTheStepsAreNotSorted()
    {
        const int Count = 1001, Batch = 8;
        var (plain, grouped) = (new WholeSetOrder(SampleOrder.Shuffled(7), Count), Order(Count, Batch));
        int[] longest = [.. Enumerable.Range(0, (2 * Count) / Batch).Select(step => Enumerable.Range(step * Batch, Batch).Max(position => LengthOf(grouped.At(position))))];
        Assert.True(Padding(grouped) < 0.05 && Padding(plain) > 0.3, $"{Padding(grouped)} {Padding(plain)}");
        Assert.InRange(longest.Zip(longest.Skip(1)).Count(pair => pair.First < pair.Second), longest.Length / 3, 2 * longest.Length / 3);

        double Padding(IRunOrder order)
        {
            var steps = Enumerable.Range(0, (2 * Count) / Batch).Select(step => Enumerable.Range(step * Batch, Batch).Select(position => LengthOf(order.At(position))).ToArray()).ToArray();
            return 1 - ((double)steps.Sum(step => step.Sum()) / steps.Sum(step => Batch * step.Max()));
        }
    }

    // A checkpoint holds a position in this order: it must be the same in every version.
    [Fact]
    public void TheOrderNeverChangesBetweenVersions() => Snapshot.Match(string.Join(' ', Enumerable.Range(0, 60).Select(position => Order(45, 4).At(position))), "first-sixty");

    private static LengthGroupedOrder Order(int count, int batch) => new(new WholeSetOrder(SampleOrder.Shuffled(7), count), batch, [.. Enumerable.Range(0, count).Select(LengthOf)], seed: 7);

    private static int LengthOf(int sample) => 10 + ((sample * 37) % 101);
}
