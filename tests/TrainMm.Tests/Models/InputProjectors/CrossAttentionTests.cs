using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Models.InputProjectors.CrossAttention;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.InputProjectors;

public sealed class CrossAttentionTests
{
    private static readonly FeatureSpec Features = new(Tokens: 16, Width: 6, GridHeight: 4, GridWidth: 4);

    [Fact]
    public void ItEqualsItsDefinition()
    {
        using var scope = NewDisposeScope();
        using var projector = ProjectorFixture.CreateFilled("kind: cross_attention, num_queries: 4, num_heads: 2", Features, 8);
        var (features, weights) = (ProjectorFixture.Numbers(4, 1, 16, 6), ProjectorFixture.Weights(projector));
        var table = Positions(2, 8);
        var x = PlainMath.Norm(PlainMath.Linear(features[0].to_type(ScalarType.Float64), weights, "attn_pool.kv_proj"), weights, "attn_pool.ln_kv", 1e-6);
        var queries = PlainMath.Norm(weights["attn_pool.query"], weights, "attn_pool.ln_q", 1e-6).add(table);
        var keys = x.add(Bicubic(table, 2, 4));
        var (matrix, bias) = (weights["attn_pool.attn.in_proj_weight"].chunk(3), weights["attn_pool.attn.in_proj_bias"].chunk(3));
        var mixed = PlainMath.Attend(Part(queries, 0), Part(keys, 1), Part(x, 2), heads: 2);
        var pooled = PlainMath.Norm(PlainMath.Linear(mixed, weights, "attn_pool.attn.out_proj"), weights, "ln_post", 1e-6);

        Assert.Equal(4, projector.TokensFor(Features));
        ProjectorFixture.AssertSame(pooled.matmul(weights["proj"]).unsqueeze(0), projector.Project(features));

        Tensor Part(Tensor input, int part) => input.matmul(matrix[part].t()).add(bias[part]);
    }

    [Fact]
    public void ItLearns()
    {
        using var scope = NewDisposeScope();
        using var projector = ProjectorFixture.CreateFilled("kind: cross_attention, num_queries: 4, num_heads: 2", Features, 8);
        ProjectorFixture.AssertLearns(projector, ProjectorFixture.Numbers(3, 2, 16, 6));
    }

    [Fact]
    public void WhatCannotBeASquareIsAnError()
    {
        Assert.Contains("input_projector.num_queries: is 60, no square number", Assert.Throws<ConfigurationException>(() => ProjectorFixture.Create("kind: cross_attention, num_queries: 60", Features, 8)).Message, StringComparison.Ordinal);
        Assert.Contains("needs features that form a square", Assert.Throws<ConfigurationException>(() => ProjectorFixture.Create("kind: cross_attention", new FeatureSpec(8, 6, 2, 4), 8)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void QwenVlHasTheCheckpointsNamesAndShapes()
    {
        using var projector = ProjectorFixture.Create("kind: cross_attention", new FeatureSpec(1024, 1664, 32, 32), 4096, META);
        const string Home = "transformer.visual";
        Dictionary<string, long[]> expected = new(StringComparer.Ordinal)
        {
            [$"{Home}.attn_pool.query"] = [256, 4096],
            [$"{Home}.attn_pool.kv_proj.weight"] = [4096, 1664],
            [$"{Home}.attn_pool.attn.in_proj_weight"] = [12288, 4096],
            [$"{Home}.attn_pool.attn.in_proj_bias"] = [12288],
            [$"{Home}.proj"] = [4096, 4096],
        };
        ProjectorFixture.AddBoth(expected, $"{Home}.attn_pool.attn.out_proj", 4096, 4096);
        foreach (var norm in (string[])["attn_pool.ln_q", "attn_pool.ln_kv", "ln_post"]) ProjectorFixture.AddBoth(expected, $"{Home}.{norm}", 4096);
        ProjectorFixture.AssertNames(expected, projector, CrossAttentionProjector.Layout.ToOfficial);
        Assert.Null(CrossAttentionProjector.Layout.ToModule($"{Home}.attn_pool.pos_embed"));
    }

    /// <summary>[side², width], number by number.</summary>
    private static Tensor Positions(int side, int width)
    {
        var quarter = width / 4;
        var table = new double[side * side * width];
        for (var place = 0; place < side * side; place++)
        {
            for (var i = 0; i < width; i++)
            {
                var position = i < width / 2 ? place % side : place / side;
                var angle = position / Math.Pow(10000, (double)(i % quarter) / quarter);
                table[(place * width) + i] = i % (2 * quarter) < quarter ? Math.Sin(angle) : Math.Cos(angle);
            }
        }

        return tensor(table).reshape(side * side, width);
    }

    /// <summary>Bicubic with a = −0.75 and half-pixel centres, the edge repeated: [from², width] → [to², width].</summary>
    private static Tensor Bicubic(Tensor table, int from, int to)
    {
        var taps = new double[to, from];
        for (var place = 0; place < to; place++)
        {
            var centre = ((place + 0.5) * from / to) - 0.5;
            for (var tap = (int)Math.Floor(centre) - 1; tap <= (int)Math.Floor(centre) + 2; tap++) taps[place, Math.Clamp(tap, 0, from - 1)] += Cubic(Math.Abs(centre - tap));
        }

        var matrix = tensor(taps);
        return einsum("ar,bc,rcd->abd", matrix, matrix, table.reshape(from, from, -1)).reshape(to * to, -1);
    }

    private static double Cubic(double x)
    {
        const double A = -0.75;
        return x <= 1 ? ((A + 2) * x * x * x) - ((A + 3) * x * x) + 1 : x < 2 ? (A * x * x * x) - (5 * A * x * x) + (8 * A * x) - (4 * A) : 0;
    }
}
