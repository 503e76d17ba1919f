using TrainMm.Core.Roles;
using TrainMm.Models.InputProjectors.Ldp;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.InputProjectors;

public sealed class LdpTests
{
    private static readonly FeatureSpec Features = new(Tokens: 25, Width: 6, GridHeight: 5, GridWidth: 5);

    [Fact]
    public void ItEqualsItsDefinition()
    {
        using var scope = NewDisposeScope();
        using var projector = ProjectorFixture.CreateFilled("kind: ldp", Features, 8);
        var (features, weights) = (ProjectorFixture.Numbers(4, 1, 25, 6), ProjectorFixture.Weights(projector));
        var x = features[0].to_type(ScalarType.Float64);
        x = PlainMath.Linear(PlainMath.Gelu(PlainMath.Linear(x, weights, "mlp.1")), weights, "mlp.3");  // [25, 8]
        var first = Block(x, 5, 1, weights, "mb_block.1.block").add(x);
        var second = Block(first, 5, 2, weights, "mb_block.2.block");                                   // [9, 8]

        Assert.Equal(9, projector.TokensFor(Features));
        ProjectorFixture.AssertSame(second.unsqueeze(0), projector.Project(features));
    }

    [Fact]
    public void ItLearns()
    {
        using var scope = NewDisposeScope();
        using var projector = ProjectorFixture.Create("kind: ldp", Features, 8);
        ProjectorFixture.AssertLearns(projector, ProjectorFixture.Numbers(3, 2, 25, 6));
    }

    [Fact]
    public void MobileVlm17BHasTheCheckpointsNamesAndShapes()
    {
        var features = new FeatureSpec(576, 1024, 24, 24);
        using var projector = ProjectorFixture.Create("kind: ldp", features, 2048, META);
        const string Home = "model.mm_projector.model";
        Dictionary<string, long[]> expected = new(StringComparer.Ordinal);
        ProjectorFixture.AddBoth(expected, $"{Home}.mlp.1", 2048, 1024);
        ProjectorFixture.AddBoth(expected, $"{Home}.mlp.3", 2048, 2048);
        foreach (var block in (string[])[$"{Home}.mb_block.1.block", $"{Home}.mb_block.2.block"])
        {
            expected[$"{block}.0.0.weight"] = [2048, 1, 3, 3];
            ProjectorFixture.AddBoth(expected, $"{block}.0.1", 2048);
            ProjectorFixture.AddBoth(expected, $"{block}.1.fc1", 512, 2048, 1, 1);
            ProjectorFixture.AddBoth(expected, $"{block}.1.fc2", 2048, 512, 1, 1);
            expected[$"{block}.2.0.weight"] = [2048, 2048, 1, 1];
            ProjectorFixture.AddBoth(expected, $"{block}.2.1", 2048);
        }

        ProjectorFixture.AssertNames(expected, projector, LdpProjector.Layouts[0].ToOfficial);
        Assert.Equal(144, projector.TokensFor(features));
    }

    /// <summary>One block, place by place: [side², D] → [smaller side², D].</summary>
    private static Tensor Block(Tensor x, int side, int stride, Dictionary<string, Tensor> weights, string name)
    {
        var kernel = weights[$"{name}.0.0.weight"];                                                     // [D, 1, 3, 3]
        var places = new List<Tensor>();
        for (var row = 0; row < side; row += stride)
        {
            for (var column = 0; column < side; column += stride)
            {
                var sum = zeros([x.shape[1]], ScalarType.Float64);
                for (var (r, c) = (-1, -1); r <= 1; (r, c) = c == 1 ? (r + 1, -1) : (r, c + 1))
                {
                    if (row + r < 0 || row + r >= side || column + c < 0 || column + c >= side) continue;
                    sum = sum.add(x.select(0, ((row + r) * side) + column + c).mul(kernel.select(3, c + 1).select(2, r + 1).select(1, 0)));
                }

                places.Add(sum);
            }
        }

        var y = PlainMath.Norm(stack([.. places]), weights, $"{name}.0.1", 1e-5);
        y = y.mul(y.add(3).clamp(0, 6)).div(6);
        var squeezed = y.mean([0]).matmul(weights[$"{name}.1.fc1.weight"].flatten(1).t()).add(weights[$"{name}.1.fc1.bias"]).clamp_min(0);
        var gate = squeezed.matmul(weights[$"{name}.1.fc2.weight"].flatten(1).t()).add(weights[$"{name}.1.fc2.bias"]).add(3).clamp(0, 6).div(6);
        return PlainMath.Norm(y.mul(gate).matmul(weights[$"{name}.2.0.weight"].flatten(1).t()), weights, $"{name}.2.1", 1e-5);
    }
}
