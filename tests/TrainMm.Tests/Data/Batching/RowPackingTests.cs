using FsCheck;
using FsCheck.Fluent;
using TrainMm.Data.Batching;

namespace TrainMm.Tests.Data.Batching;

public sealed class RowPackingTests
{
    [Fact]
    public void EachSampleIsInOneRowAndNoRowOverflowsUnlessASampleAloneDoes()
    {
        var property = Prop.ForAll(Lengths, Gen.Choose(1, 200).ToArbitrary(), (lengths, capacity) =>
        {
            var rows = RowPacking.Rows(lengths, capacity);
            return rows.SelectMany(row => row).Order().SequenceEqual(Enumerable.Range(0, lengths.Length))
                && rows.All(row => row.Length == 1 || row.Sum(sample => lengths[sample]) <= capacity);
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), property);
    }

    /// <summary>No two rows would fit into one, whatever the lengths: were it so, the later one's longest sample would have found place in the earlier one.</summary>
    [Fact]
    public void NoTwoRowsFitIntoOne()
    {
        var property = Prop.ForAll(Lengths, Gen.Choose(1, 200).ToArbitrary(), (lengths, capacity) =>
        {
            long[] tokens = [.. RowPacking.Rows(lengths, capacity).Select(row => row.Sum(sample => lengths[sample]))];
            return tokens.Length < 2 || tokens[0] + tokens[1] > capacity;
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), property);
    }

    // A resumed run packs its steps anew: the rows must be the same in every version.
    [Fact]
    public void TiesGoToWhatStandsFirstAndTheEmptiestRowComesFirst()
    {
        Assert.Equal([[4], [1, 5], [0, 2, 3]], RowPacking.Rows([6, 7, 2, 2, 5, 3], 10));
        Assert.Equal([[1, 2], [0]], RowPacking.Rows([12, 5, 5], 10));
    }

    private static Arbitrary<long[]> Lengths => Gen.Choose(1, 120).Select(length => (long)length).ArrayOf().ToArbitrary();
}
