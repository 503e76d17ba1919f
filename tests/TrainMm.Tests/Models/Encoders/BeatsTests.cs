using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Beats;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Encoders;

public sealed class BeatsTests
{
    private static readonly BeatsArchitecture Tiny = new()
    {
        InputPatchSize = 32,
        EmbedDim = 6,
        EncoderLayers = 2,
        EncoderEmbedDim = 8,
        EncoderFfnEmbedDim = 12,
        EncoderAttentionHeads = 2,
        ConvPos = 4,
        ConvPosGroups = 2,
        NumBuckets = 8,
        MaxDistance = 6,
        InitializerRange = 0.3,
    };

    [Fact]
    public void ItEqualsItsDefinition()
    {
        using var scope = NewDisposeScope();
        using var encoder = Create(ScalarType.Float64);
        var weights = encoder.state_dict();
        var media = Media();
        var actual = encoder.Encode(media);
        Assert.Equal([2, encoder.Output.Tokens, encoder.Output.Width], actual.shape);
        Assert.Equal(12, encoder.Output.Tokens); // 98 frames are three patches, of four bands each
        for (var item = 0; item < 2; item++)
        {
            var expected = new Definition(weights).Of(media[item]);
            Assert.True(expected.sub(actual[item]).abs().max().item<double>() < 1e-10);
        }
    }

    [Fact]
    public void WhatLiesBehindAClipDoesNotMatter()
    {
        using var scope = NewDisposeScope();
        using var encoder = Create(ScalarType.Float64);
        var media = Media();
        var other = media.clone();
        other.narrow(1, 0, 128).narrow(2, 70, 28).fill_(3);
        var (first, second) = (encoder.Encode(media), encoder.Encode(other));
        Assert.True(first[1].narrow(0, 0, 8).sub(second[1].narrow(0, 0, 8)).abs().max().item<double>() < 1e-12);
        Assert.True(first[0].sub(second[0]).abs().max().item<double>() > 1e-3); // the first clip goes on to the end
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-79, 79)]
    [InlineData(79, 160 + 79)]
    [InlineData(-80, 80)]
    [InlineData(-800, 159)]
    [InlineData(5000, 160 + 159)]
    public void DistancesFallIntoBuckets(int distance, int bucket) =>
        Assert.Equal(bucket, new RelativePositions(320, 800, 1, new ModuleScope("audio.encoder", ScalarType.Float32, META)).Bucket(distance));

    [Fact]
    public void ItHasThePublishedNamesAndShapes()
    {
        var input = new FilterBankSpec(16_000, 160_000, 998, 128, KaldiWindow.Povey, 32768, 0, 1, Masked: true);
        using var encoder = new BeatsEncoder(new BeatsArchitecture(), input, new ModuleScope("audio.encoder", ScalarType.Float16, META));
        var expected = new Dictionary<string, long[]>(StringComparer.Ordinal)
        {
            ["patch_embedding.weight"] = [512, 1, 16, 16],
            ["encoder.pos_conv.0.bias"] = [768],
            ["encoder.pos_conv.0.weight_g"] = [1, 1, 128],
            ["encoder.pos_conv.0.weight_v"] = [768, 48, 128],
            ["encoder.layers.0.self_attn.relative_attention_bias.weight"] = [320, 12],
        };
        Both("layer_norm", 512);
        Both("post_extract_proj", 768, 512);
        Both("encoder.layer_norm", 768);
        for (var i = 0; i < 12; i++)
        {
            foreach (var name in (string[])["q_proj", "k_proj", "v_proj", "out_proj"]) Both($"encoder.layers.{i}.self_attn.{name}", 768, 768);
            Both($"encoder.layers.{i}.self_attn.grep_linear", 8, 64);
            expected[$"encoder.layers.{i}.self_attn.grep_a"] = [1, 12, 1, 1];
            Both($"encoder.layers.{i}.fc1", 3072, 768);
            Both($"encoder.layers.{i}.fc2", 768, 3072);
            foreach (var norm in (string[])["self_attn_layer_norm", "final_layer_norm"]) Both($"encoder.layers.{i}.{norm}", 768);
        }

        var actual = encoder.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.shape, StringComparer.Ordinal);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var (name, shape) in expected) Assert.Equal(shape, actual[name]);
        Assert.Equal((496, 768), (encoder.Output.Tokens, encoder.Output.Width));

        void Both(string name, params long[] shape)
        {
            expected[$"{name}.weight"] = shape;
            expected[$"{name}.bias"] = [shape[0]];
        }
    }

    private static BeatsEncoder Create(ScalarType dtype) =>
        BeatsEncoder.Create(new BeatsOptions { Architecture = Tiny, Seconds = 1 }, new(new ModuleScope("audio.encoder", dtype, CPU), 5));

    /// <summary>Two clips of 98 frames, the second of which ends after 64.</summary>
    private static Tensor Media()
    {
        var media = arange(2 * 129 * 98, ScalarType.Float64).mul(0.37).sin().view(2, 129, 98).contiguous();
        media.select(1, 128).fill_(1);
        media[1, 128].narrow(0, 64, 34).fill_(0);
        return media;
    }

    /// <summary>The paper's sums, one number after the other.</summary>
    private sealed class Definition(IReadOnlyDictionary<string, Tensor> weights)
    {
        private const int Heads = 2;
        private const int PerHead = 4;

        public Tensor Of(Tensor clip)
        {
            var rows = new List<Tensor>();
            var real = new List<bool>();
            for (var time = 0; time < 3; time++)
            {
                for (var band = 0; band < 4; band++)
                {
                    var patch = clip.narrow(0, band * 32, 32).narrow(1, time * 32, 32).t();                    // [time, frequency]
                    var embedded = weights["patch_embedding.weight"].select(1, 0).mul(patch).sum(1L, 2L);      // [6]
                    rows.Add(Linear(Norm(embedded, "layer_norm"), "post_extract_proj"));
                    var own = (time * 4) + band;
                    real.Add(clip[128].narrow(0, own * 8, 8).sum().item<double>() > 0);
                }
            }

            for (var i = 0; i < rows.Count; i++) rows[i] = real[i] ? rows[i] : zeros_like(rows[i]);
            var x = rows.Select((row, i) => Norm(row.add(Place(rows, i)), "encoder.layer_norm")).ToArray();
            for (var layer = 0; layer < 2; layer++) x = Layer(x, real, $"encoder.layers.{layer}");
            return stack(x, 0);
        }

        private Tensor[] Layer(Tensor[] x, List<bool> real, string name)
        {
            var residual = Math.Sqrt(Math.Sqrt(4)); // 2 layers
            var attended = x.Select((row, i) => Norm(row.mul(residual).add(Attend(x, real, i, $"{name}.self_attn")), $"{name}.self_attn_layer_norm"));
            return [.. attended.Select(row => Norm(row.mul(residual).add(Linear(Gelu(Linear(row, $"{name}.fc1")), $"{name}.fc2")), $"{name}.final_layer_norm"))];
        }

        private Tensor Attend(Tensor[] x, List<bool> real, int from, string name)
        {
            var mixed = new List<Tensor>();
            for (var head = 0; head < Heads; head++)
            {
                var query = Linear(x[from], $"{name}.q_proj").narrow(0, head * PerHead, PerHead);
                var gates = Linear(query, $"{name}.grep_linear");
                var (a, b) = (Sigmoid(gates.narrow(0, 0, 4)), Sigmoid(gates.narrow(0, 4, 4)));
                var gate = (a * ((b * weights[$"{name}.grep_a"][0, head, 0, 0].item<double>()) - 1)) + 2;
                var scores = new double[x.Length];
                for (var to = 0; to < x.Length; to++)
                {
                    var key = Linear(x[to], $"{name}.k_proj").narrow(0, head * PerHead, PerHead);
                    var distance = weights["encoder.layers.0.self_attn.relative_attention_bias.weight"][Bucket(to - from), head].item<double>();
                    scores[to] = real[to] ? Math.Exp((query.mul(key).sum().item<double>() / 2) + (gate * distance)) : 0;
                }

                var sum = x.Select((row, to) => Linear(row, $"{name}.v_proj").narrow(0, head * PerHead, PerHead).mul(scores[to] / scores.Sum())).Aggregate((one, other) => one.add(other));
                mixed.Add(sum);
            }

            return Linear(cat([.. mixed], 0), $"{name}.out_proj");
        }

        /// <summary>Eight buckets: distances of 0 and 1 by themselves, 2 and up to the third root of 3 further, then the rest; four of them ahead.</summary>
        private static int Bucket(int distance)
        {
            var size = Math.Abs(distance);
            var bucket = size < 2 ? size : Math.Min(3, 2 + (int)(Math.Log(size / 2.0) / Math.Log(6 / 2.0) * 2));
            return distance > 0 ? 4 + bucket : bucket;
        }

        /// <summary>A kernel of 4 sees two frames back and one ahead; its groups of four channels do not see each other.</summary>
        private Tensor Place(List<Tensor> rows, int at)
        {
            var (g, v, bias) = (weights["encoder.pos_conv.0.weight_g"], weights["encoder.pos_conv.0.weight_v"], weights["encoder.pos_conv.0.bias"]);
            var sum = bias.clone();
            for (var step = 0; step < 4; step++)
            {
                var seen = at + step - 2;
                if (seen < 0 || seen >= rows.Count) continue;
                var taps = v.select(2, step);                                                                  // [8, 4]
                var weight = taps.mul(g[0, 0, step]).div(taps.mul(taps).sum().sqrt());
                for (var channel = 0; channel < 8; channel++) sum[channel] = sum[channel].add(weight[channel].mul(rows[seen].narrow(0, channel / 4 * 4, 4)).sum());
            }

            return Gelu(sum);
        }

        private Tensor Linear(Tensor x, string name) => weights[$"{name}.weight"].mv(x).add(weights[$"{name}.bias"]);

        private Tensor Norm(Tensor x, string name)
        {
            var centred = x.sub(x.mean());
            return centred.div(centred.mul(centred).mean().add(1e-5).sqrt()).mul(weights[$"{name}.weight"]).add(weights[$"{name}.bias"]);
        }

        private static Tensor Gelu(Tensor x) => x.mul(x.div(Math.Sqrt(2)).erf().add(1)).mul(0.5);

        private static double Sigmoid(Tensor four) => 1 / (1 + Math.Exp(-four.sum().item<double>()));
    }
}
