using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.InputProjectors;

public sealed class PixelShuffleTests
{
    private static readonly FeatureSpec Features = new(Tokens: 24, Width: 5, GridHeight: 4, GridWidth: 6);

    [Theory]
    [InlineData("rows")]
    [InlineData("columns")]
    public void EachTokenIsMadeOfASquare(string order)
    {
        using var scope = NewDisposeScope();
        using var projector = ProjectorFixture.CreateFilled($"kind: pixel_shuffle, order: {order}", Features, 7);
        var (features, weights) = (ProjectorFixture.Numbers(2, 2, 24, 5), ProjectorFixture.Weights(projector));
        var expected = zeros([2, 6, 7], ScalarType.Float64);
        for (var row = 0; row < 2; row++)
        {
            for (var column = 0; column < 3; column++)
            {
                var corner = (2 * row * 6) + (2 * column);
                var joined = cat([.. new[] { corner, corner + 1, corner + 6, corner + 7 }.Select(each => features.select(1, each).to_type(ScalarType.Float64))], 1);
                var hidden = PlainMath.Gelu(PlainMath.Linear(PlainMath.Norm(joined, weights, "mlp1.0", 1e-5), weights, "mlp1.1"));
                expected.select(1, order == "rows" ? (row * 3) + column : (column * 2) + row).copy_(PlainMath.Linear(hidden, weights, "mlp1.3"));
            }
        }

        Assert.Equal(6, projector.TokensFor(Features));
        ProjectorFixture.AssertSame(expected, projector.Project(features));
    }

    [Fact]
    public void ItLearns()
    {
        using var scope = NewDisposeScope();
        using var projector = ProjectorFixture.Create("kind: pixel_shuffle", Features, 7);
        ProjectorFixture.AssertLearns(projector, ProjectorFixture.Numbers(3, 2, 24, 5));
    }

    [Fact]
    public void FeaturesThatDoNotFitAreErrors()
    {
        var odd = Assert.Throws<ConfigurationException>(() => ProjectorFixture.Create("kind: pixel_shuffle, factor: 4", Features, 7));
        Assert.Contains("input_projector.factor: does not divide the sides of the encoder's grid of 4 × 6 features", odd.Message, StringComparison.Ordinal);
        var none = Assert.Throws<ConfigurationException>(() => ProjectorFixture.Create("kind: pixel_shuffle", new FeatureSpec(17, 5), 7));
        Assert.Contains("needs features that form a grid", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void InternVl15HasTheCheckpointsNamesAndShapes()
    {
        using var projector = ProjectorFixture.Create("kind: pixel_shuffle", new FeatureSpec(1024, 3200, 32, 32), 6144, META);
        Dictionary<string, long[]> expected = new(StringComparer.Ordinal) { ["mlp1.0.weight"] = [12800], ["mlp1.0.bias"] = [12800] };
        ProjectorFixture.AddBoth(expected, "mlp1.1", 6144, 12800);
        ProjectorFixture.AddBoth(expected, "mlp1.3", 6144, 6144);
        ProjectorFixture.AssertNames(expected, projector);
        Assert.Equal(256, projector.TokensFor(new FeatureSpec(1024, 3200, 32, 32)));
    }
}
