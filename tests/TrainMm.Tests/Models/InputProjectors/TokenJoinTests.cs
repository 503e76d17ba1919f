using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.InputProjectors;

public sealed class TokenJoinTests
{
    private static readonly FeatureSpec Features = new(Tokens: 12, Width: 6, GridHeight: 3, GridWidth: 4);

    [Fact]
    public void EachTokenIsMadeOfNeighbours()
    {
        using var scope = NewDisposeScope();
        using var projector = ProjectorFixture.CreateFilled("kind: token_join, group: 4", Features, 8);
        var (features, weights) = (ProjectorFixture.Numbers(3, 2, 12, 6), ProjectorFixture.Weights(projector));
        var expected = zeros([2, 3, 8], ScalarType.Float64);
        for (var token = 0; token < 3; token++)
        {
            var joined = cat([.. Enumerable.Range(4 * token, 4).Select(each => features.select(1, each).to_type(ScalarType.Float64))], 1);
            expected.select(1, token).copy_(PlainMath.Linear(joined, weights, "llama_proj"));
        }

        Assert.Equal(3, projector.TokensFor(Features));
        ProjectorFixture.AssertSame(expected, projector.Project(features));
    }

    [Fact]
    public void ItLearns()
    {
        using var scope = NewDisposeScope();
        using var projector = ProjectorFixture.Create("kind: token_join", Features, 8);
        ProjectorFixture.AssertLearns(projector, ProjectorFixture.Numbers(3, 2, 12, 6));
    }

    [Fact]
    public void AGroupThatDoesNotDivideIsAnError() =>
        Assert.Contains("input_projector.group: does not divide the encoder's 12 features", Assert.Throws<ConfigurationException>(() => ProjectorFixture.Create("kind: token_join, group: 5", Features, 8)).Message, StringComparison.Ordinal);

    [Fact]
    public void MiniGptV2HasTheCheckpointsNamesAndShapes()
    {
        using var projector = ProjectorFixture.Create("kind: token_join", new FeatureSpec(1024, 1408, 32, 32), 4096, META);
        Dictionary<string, long[]> expected = new(StringComparer.Ordinal);
        ProjectorFixture.AddBoth(expected, "llama_proj", 4096, 5632);
        ProjectorFixture.AssertNames(expected, projector);
        Assert.Equal(256, projector.TokensFor(new FeatureSpec(1024, 1408)));
    }
}
