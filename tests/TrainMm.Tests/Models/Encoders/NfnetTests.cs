using TrainMm.Models.Encoders;
using TrainMm.Models.Encoders.Nfnet;
using TrainMm.Models.Layers;
using TrainMm.Tests.Torch;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Encoders;

/// <summary>The network equals its definition written out another way: weights standardised row by row, convolutions as products of unfolded pixels.</summary>
[Collection(ProcessWide.Name)]
public sealed class NfnetTests
{
    private const double Gamma = 1.7015043497085571;

    private static NfnetArchitecture Tiny => new() { Depths = [2, 1, 2], Channels = [16, 32, 32], StemChannels = 8, GroupSize = 4, FinalChannels = 24, ImageSize = 37 };

    [Fact]
    public void EqualsItsDefinition()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        using var encoder = Create(new() { Architecture = Tiny, FinalConvolution = true });
        var w = encoder.Module.state_dict();
        using (no_grad())
        {
            foreach (var (_, value) in w) value.copy_(randn(value.shape).mul(0.3).add(0.1)); // gains and biases too: at their first values half the network is silent
        }

        var images = randn(2, 3, 37, 37);
        var x = Convolve(images, w, "stem.conv1", 2, 1);
        x = Convolve(Active(x), w, "stem.conv2", 1, 1);
        x = Convolve(Active(x), w, "stem.conv3", 1, 1);
        x = Convolve(Active(x), w, "stem.conv4", 2, 1);
        (int Stage, int Block, int Stride, int Groups, double Variance)[] blocks = [(0, 0, 1, 2, 1), (0, 1, 1, 2, 1.04), (1, 0, 2, 4, 1.08), (2, 0, 2, 4, 1.04), (2, 1, 1, 4, 1.04)];
        foreach (var block in blocks) x = Block(x, w, $"stages.{block.Stage}.{block.Block}", block.Stride, block.Groups, block.Variance);
        var expected = Active(Convolve(x, w, "final_conv", 1, 1)).flatten(2).transpose(1, 2);

        var actual = encoder.Encode(images);
        Assert.Equal([2, 9, 24], actual.shape);
        Assert.Equal((9, 24, 3), (encoder.Output.Tokens, encoder.Output.Width, encoder.Output.GridWidth));
        Assert.True(actual.sub(expected).norm().div(expected.norm()).item<float>() < 1e-5);
    }

    [Fact]
    public void TheSignalKeepsItsVariance()
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        using var encoder = Create(new() { Architecture = new() { Depths = [1], Channels = [64], StemChannels = 64, GroupSize = 8, FinalChannels = 64, ImageSize = 64 } });
        var variance = encoder.Encode(randn(4, 3, 64, 64)).detach().square().mean().item<float>();

        // Blocks add nothing at their first values; what is seen is the scale of the stem and of the shortcut, which standardised weights and γ keep near 1.
        Assert.InRange(variance, 0.75f, 1.25f);
    }

    [Fact]
    public void F6HasTheNamesAndShapesOfTimmsCheckpoint()
    {
        using var encoder = NfnetEncoder.Create(new() { Architecture = new(), FinalConvolution = true }, new EncoderContext(new ModuleScope("image.encoder", ScalarType.Float16, META), 0));
        var actual = encoder.Module.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.shape, StringComparer.Ordinal);
        var expected = new Dictionary<string, long[]>(StringComparer.Ordinal);
        Add("stem.conv1", 16, 3, 3);
        Add("stem.conv2", 32, 16, 3);
        Add("stem.conv3", 64, 32, 3);
        Add("stem.conv4", 128, 64, 3);
        int[] depths = [7, 14, 42, 21];
        int[] channels = [256, 512, 1536, 1536];
        var from = 128;
        for (var stage = 0; stage < 4; stage++)
        {
            for (var i = 0; i < depths[stage]; i++)
            {
                var (name, to) = ($"stages.{stage}.{i}", channels[stage]);
                if (i == 0) Add($"{name}.downsample.conv", to, from, 1);
                Add($"{name}.conv1", to / 2, from, 1);
                Add($"{name}.conv2", to / 2, 128, 3);
                Add($"{name}.conv2b", to / 2, 128, 3);
                Add($"{name}.conv3", to, to / 2, 1);
                (expected[$"{name}.attn_last.fc1.weight"], expected[$"{name}.attn_last.fc1.bias"]) = ([to / 2, to, 1, 1], [to / 2]);
                (expected[$"{name}.attn_last.fc2.weight"], expected[$"{name}.attn_last.fc2.bias"]) = ([to, to / 2, 1, 1], [to]);
                expected[$"{name}.skipinit_gain"] = [];
                from = to;
            }
        }

        Add("final_conv", 3072, 1536, 1);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var (name, shape) in expected) Assert.Equal(shape, actual[name]);

        // 438.36 million as published, the classifier of 3072 · 1000 + 1000 included.
        Assert.Equal(438_359_116 - 3_073_000, encoder.Module.parameters().Sum(parameter => parameter.numel()));
        Assert.Equal((14 * 14, 3072), (encoder.Output.Tokens, encoder.Output.Width));

        void Add(string name, long to, long inside, long kernel) =>
            (expected[$"{name}.weight"], expected[$"{name}.gain"], expected[$"{name}.bias"]) = ([to, inside, kernel, kernel], [to, 1, 1, 1], [to]);
    }

    private static NfnetEncoder Create(NfnetOptions options) => NfnetEncoder.Create(options, new EncoderContext(new ModuleScope("image.encoder", ScalarType.Float32, CPU), 3));

    private static Tensor Active(Tensor x) => x.mul(x.pow(3).mul(0.044715).add(x).mul(Math.Sqrt(2 / Math.PI)).tanh().add(1)).mul(0.5 * Gamma);

    private static Tensor Block(Tensor x, IDictionary<string, Tensor> w, string name, int stride, int groups, double variance)
    {
        var active = Active(x).div(Math.Sqrt(variance));
        var shrunk = stride == 1 ? active : Halve(active);
        var shortcut = w.ContainsKey($"{name}.downsample.conv.weight") ? Convolve(shrunk, w, $"{name}.downsample.conv", 1, 1) : x;
        var y = Convolve(active, w, $"{name}.conv1", 1, 1);
        y = Convolve(Active(y), w, $"{name}.conv2", stride, groups);
        y = Convolve(Active(y), w, $"{name}.conv2b", 1, groups);
        y = Convolve(Active(y), w, $"{name}.conv3", 1, 1);
        var squeezed = y.flatten(2).mean([-1]);
        var inner = squeezed.matmul(w[$"{name}.attn_last.fc1.weight"].flatten(1).t()).add(w[$"{name}.attn_last.fc1.bias"]).clamp_min(0);
        var weights = inner.matmul(w[$"{name}.attn_last.fc2.weight"].flatten(1).t()).add(w[$"{name}.attn_last.fc2.bias"]).sigmoid();
        return shortcut.add(y.mul(weights.unsqueeze(-1).unsqueeze(-1)).mul(2 * 0.2).mul(w[$"{name}.skipinit_gain"]));
    }

    /// <summary>Means of squares of four pixels; at an odd edge, of those that are there.</summary>
    private static Tensor Halve(Tensor x)
    {
        var (height, width) = (x.shape[2], x.shape[3]);
        var rows = new List<Tensor>();
        for (long i = 0; i < height; i += 2)
        {
            var cells = new List<Tensor>();
            for (long j = 0; j < width; j += 2) cells.Add(x.narrow(2, i, Math.Min(2, height - i)).narrow(3, j, Math.Min(2, width - j)).mean([2, 3]));
            rows.Add(stack([.. cells], -1));
        }

        return stack([.. rows], 2);
    }

    private static Tensor Convolve(Tensor x, IDictionary<string, Tensor> weights, string name, int stride, int groups)
    {
        var weight = weights[$"{name}.weight"].flatten(1);                                                          // [to, inside · k · k]
        var (to, fanIn) = (weight.shape[0], weight.shape[1]);
        var kernel = weights[$"{name}.weight"].shape[2];
        var rows = Enumerable.Range(0, (int)to).Select(row =>
        {
            var values = weight[row].data<float>().ToArray().Select(value => (double)value).ToArray();
            var mean = values.Average();
            var spread = Math.Sqrt(values.Select(value => (value - mean) * (value - mean)).Sum());                   // √(variance · fan-in)
            return weight[row].sub(mean).div(spread);
        });
        var standard = stack([.. rows], 0).mul(weights[$"{name}.gain"].flatten(1));
        var missing = x.shape[2] % stride == 0 ? kernel - stride : kernel - (x.shape[2] % stride);
        if (missing > 0) x = nn.functional.pad(x, (missing / 2, missing - (missing / 2), missing / 2, missing - (missing / 2)));
        var patches = x.unfold(2, kernel, stride).unfold(3, kernel, stride);                                        // [I, from, h, w, k, k]
        var (images, height, width, inside) = (x.shape[0], patches.shape[2], patches.shape[3], x.shape[1] / groups);
        var parts = Enumerable.Range(0, groups).Select(group =>
        {
            var pixels = patches.narrow(1, group * inside, inside).permute(0, 2, 3, 1, 4, 5).reshape(-1, fanIn);    // [I · h · w, inside · k · k]
            return pixels.matmul(standard.narrow(0, group * to / groups, to / groups).t());
        });
        return cat([.. parts], 1).add(weights[$"{name}.bias"]).view(images, height, width, to).permute(0, 3, 1, 2);
    }
}
