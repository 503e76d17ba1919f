using TrainMm.Core.Roles;
using TrainMm.Models.InputProjectors.Perceiver;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.InputProjectors;

public sealed class PerceiverTests
{
    private const string Tiny = "kind: perceiver_resampler, num_latents: 3, depth: 2, heads: 2, head_dim: 5, feed_forward_factor: 2";
    private static readonly FeatureSpec Features = new(Tokens: 7, Width: 6);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ItEqualsItsDefinition(bool projects)
    {
        using var scope = NewDisposeScope();
        using var projector = ProjectorFixture.CreateFilled($"{Tiny}, project: {(projects ? "true" : "false")}", Features, 8);
        var (features, weights) = (ProjectorFixture.Numbers(4, 1, 7, 6), ProjectorFixture.Weights(projector));
        var media = features[0].to_type(ScalarType.Float64);
        var x = weights["latents"];
        for (var i = 0; i < 2; i++)
        {
            var own = PlainMath.Norm(x, weights, $"layers.{i}.0.norm_latents", 1e-5);
            var all = cat([PlainMath.Norm(media, weights, $"layers.{i}.0.norm_media", 1e-5), own], 0);
            var keysAndValues = PlainMath.Linear(all, weights, $"layers.{i}.0.to_kv").chunk(2, 1);
            var mixed = PlainMath.Attend(PlainMath.Linear(own, weights, $"layers.{i}.0.to_q"), keysAndValues[0], keysAndValues[1], heads: 2);
            x = x.add(PlainMath.Linear(mixed, weights, $"layers.{i}.0.to_out"));
            var inner = PlainMath.Gelu(PlainMath.Linear(PlainMath.Norm(x, weights, $"layers.{i}.1.0", 1e-5), weights, $"layers.{i}.1.1"));
            x = x.add(PlainMath.Linear(inner, weights, $"layers.{i}.1.3"));
        }

        x = PlainMath.Norm(x, weights, "norm", 1e-5);
        if (projects) x = PlainMath.Linear(x, weights, "projection");
        Assert.Equal(3, projector.TokensFor(Features));
        ProjectorFixture.AssertSame(x.unsqueeze(0), projector.Project(features));
    }

    [Fact]
    public void ItLearns()
    {
        using var scope = NewDisposeScope();
        using var projector = ProjectorFixture.CreateFilled(Tiny, Features, 8);
        ProjectorFixture.AssertLearns(projector, ProjectorFixture.Numbers(3, 2, 7, 6));
    }

    [Fact]
    public void OpenFlamingoHasTheCheckpointsNamesAndShapes()
    {
        using var projector = ProjectorFixture.Create("kind: perceiver_resampler, project: false", new FeatureSpec(256, 1024, 16, 16), 4096, META);
        Dictionary<string, long[]> expected = new(StringComparer.Ordinal) { ["perceiver.latents"] = [64, 1024] };
        ProjectorFixture.AddBoth(expected, "perceiver.norm", 1024);
        for (var i = 0; i < 6; i++)
        {
            foreach (var norm in (string[])["0.norm_media", "0.norm_latents", "1.0"]) ProjectorFixture.AddBoth(expected, $"perceiver.layers.{i}.{norm}", 1024);
            expected[$"perceiver.layers.{i}.0.to_q.weight"] = [512, 1024];
            expected[$"perceiver.layers.{i}.0.to_kv.weight"] = [1024, 1024];
            expected[$"perceiver.layers.{i}.0.to_out.weight"] = [1024, 512];
            expected[$"perceiver.layers.{i}.1.1.weight"] = [4096, 1024];
            expected[$"perceiver.layers.{i}.1.3.weight"] = [1024, 4096];
        }

        ProjectorFixture.AssertNames(expected, projector, PerceiverProjector.Layout.ToOfficial);
    }
}
