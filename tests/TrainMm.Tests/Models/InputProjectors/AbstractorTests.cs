using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Models.InputProjectors.Abstractor;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.InputProjectors;

public sealed class AbstractorTests
{
    private const string Tiny = "kind: abstractor, num_queries: 3, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 10";
    private static readonly FeatureSpec Features = new(Tokens: 5, Width: 6);

    [Fact]
    public void ItEqualsItsDefinition()
    {
        using var scope = NewDisposeScope();
        using var projector = ProjectorFixture.CreateFilled(Tiny, Features, 8);
        var (features, weights) = (ProjectorFixture.Numbers(4, 1, 5, 6), ProjectorFixture.Weights(projector));
        var media = features[0].to_type(ScalarType.Float64);
        var x = weights["query_tokens"][0];
        for (var i = 0; i < 2; i++)
        {
            var name = $"encoder.layers.{i}.crossattention";
            var own = PlainMath.Norm(x, weights, $"{name}.norm1", 1e-5);
            var seen = cat([own, PlainMath.Norm(media, weights, $"{name}.normk", 1e-5)], 0);
            var mixed = PlainMath.Attend(
                PlainMath.Linear(own, weights, $"{name}.attention.query"), PlainMath.Linear(seen, weights, $"{name}.attention.key"), PlainMath.Linear(seen, weights, $"{name}.attention.value"), heads: 2);
            x = own.add(PlainMath.Linear(mixed, weights, $"{name}.output.out_proj"));
            var normed = PlainMath.Norm(x, weights, $"{name}.output.norm2", 1e-5);
            var gate = PlainMath.Linear(normed, weights, $"{name}.output.mlp.w1");
            var inner = gate.div(gate.neg().exp().add(1)).mul(PlainMath.Linear(normed, weights, $"{name}.output.mlp.w3"));
            x = x.add(PlainMath.Linear(PlainMath.Norm(inner, weights, $"{name}.output.mlp.ffn_ln", 1e-6), weights, $"{name}.output.mlp.w2"));
        }

        var expected = cat([PlainMath.Linear(x, weights, "visual_fc"), weights["vit_eos"][0]], 0);
        Assert.Equal(4, projector.TokensFor(Features));
        ProjectorFixture.AssertSame(expected.unsqueeze(0), projector.Project(features));
    }

    [Fact]
    public void ItLearns()
    {
        using var scope = NewDisposeScope();
        using var projector = ProjectorFixture.CreateFilled(Tiny, Features, 8);
        ProjectorFixture.AssertLearns(projector, ProjectorFixture.Numbers(3, 2, 5, 6), "attention.key.bias");
    }

    [Fact]
    public void HeadsThatDoNotDivideAreAnError() =>
        Assert.Contains("cannot split the encoder's 6 dimensions into 16 heads", Assert.Throws<ConfigurationException>(() => ProjectorFixture.Create("kind: abstractor", Features, 8)).Message, StringComparison.Ordinal);

    [Fact]
    public void MplugOwlHasTheCheckpointsNamesAndShapes()
    {
        using var projector = ProjectorFixture.Create("kind: abstractor", new FeatureSpec(257, 1024), 4096, META);
        Dictionary<string, long[]> expected = new(StringComparer.Ordinal) { ["query_tokens"] = [1, 64, 1024], ["abstractor.vit_eos"] = [1, 1, 4096] };
        ProjectorFixture.AddBoth(expected, "abstractor.visual_fc", 4096, 1024);
        for (var i = 0; i < 6; i++)
        {
            var layer = $"abstractor.encoder.layers.{i}.crossattention";
            foreach (var name in (string[])["attention.query", "attention.key", "attention.value", "output.out_proj"]) ProjectorFixture.AddBoth(expected, $"{layer}.{name}", 1024, 1024);
            foreach (var norm in (string[])["norm1", "normk", "output.norm2"]) ProjectorFixture.AddBoth(expected, $"{layer}.{norm}", 1024);
            foreach (var name in (string[])["w1", "w3"]) ProjectorFixture.AddBoth(expected, $"{layer}.output.mlp.{name}", 4096, 1024);
            ProjectorFixture.AddBoth(expected, $"{layer}.output.mlp.w2", 1024, 4096);
            ProjectorFixture.AddBoth(expected, $"{layer}.output.mlp.ffn_ln", 4096);
        }

        ProjectorFixture.AssertNames(expected, projector, AbstractorProjector.Layout.ToOfficial);
    }
}
