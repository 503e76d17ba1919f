using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Models.Generators.HifiGan;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Generators;

public sealed class HifiGanTests
{
    private static readonly HifiGanArchitecture Tiny = new()
    {
        ModelInDim = 3,
        UpsampleInitialChannel = 8,
        UpsampleRates = [3, 2],
        UpsampleKernelSizes = [8, 4],
        ResblockKernelSizes = [3, 5],
        ResblockDilationSizes = [[1, 3], [2, 1, 4]],
        LeakyReluSlope = 0.15,
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ItEqualsItsDefinition(bool normalizes)
    {
        using var scope = NewDisposeScope();
        var part = new ModuleScope("vocoder", ScalarType.Float64, CPU);
        using var vocoder = new HifiGanModel(Tiny with { NormalizeBefore = normalizes }, part);
        RandomWeights.Linear(part, seed: 3);
        vocoder.ResetStatistics();
        if (normalizes)
        {
            RandomWeights.Uniform(part.Parameters["mean"], "mean", 4, 1);
            RandomWeights.Uniform(part.Parameters["scale"], "scale", 5, 2);
        }

        var spectrograms = arange(2 * 5 * 3, ScalarType.Float64).mul(0.71).sin().mul(2).reshape(2, 5, 3);
        var actual = vocoder.Forward(spectrograms);
        Assert.Equal([2, (5 * 6) + 2], actual.shape); // the first kernel is larger than its rate by an odd number
        for (var row = 0; row < 2; row++)
        {
            var expected = new Definition(part.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.detach(), StringComparer.Ordinal), normalizes).Of(spectrograms[row]);
            for (var t = 0; t < expected.Length; t++) Assert.Equal(expected[t], actual[row, t].item<double>(), 1e-12);
        }
    }

    [Fact]
    public void WhatAConfigurationLeavesOutIsSpeechT5s()
    {
        using var folder = new TempFolder();
        folder.Write("config.json", """{"architectures": ["SpeechT5HifiGan"], "model_type": "hifigan"}""");
        var read = HifiGanArchitecture.Read(HuggingFaceConfig.Open(folder.Path));
        Assert.Equal((80, 512, 256, true, 0.1), (read.ModelInDim, read.UpsampleInitialChannel, read.SamplesPerFrame, read.NormalizeBefore, read.LeakyReluSlope));
        Assert.Equal([8, 8, 8, 8], read.UpsampleKernelSizes);
    }

    [Theory]
    [InlineData("\"upsample_rates\": [4, 4]", "'upsample_kernel_sizes' has 4 numbers, upsample_rates has 2")]
    [InlineData("\"upsample_kernel_sizes\": [8, 3, 8, 8]", "'upsample_kernel_sizes' has a smaller number in it")]
    [InlineData("\"resblock_dilation_sizes\": [[1], [2]]", "'resblock_dilation_sizes' has 2 lists, resblock_kernel_sizes has 3 numbers")]
    [InlineData("\"resblock_dilation_sizes\": [[1], [2], [null]]", "'resblock_dilation_sizes' has null in it")]
    [InlineData("\"resblock_dilation_sizes\": [1, 2, 3]", "'resblock_dilation_sizes' has 1 where a list was expected")]
    [InlineData("\"resblock_kernel_sizes\": [3, 4, 5]", "'resblock_kernel_sizes' has an even number in it")]
    [InlineData("\"upsample_initial_channel\": 24", "'upsample_initial_channel' is 24, which cannot be halved 4 times")]
    [InlineData("\"model_type\": \"univnet\"", "'model_type' is 'univnet', no HiFi-GAN")]
    public void WhatCannotBeIsSaidAtItsKey(string json, string expected)
    {
        using var folder = new TempFolder();
        folder.Write("config.json", $"{{{json}}}");
        Assert.Contains(expected, Assert.Throws<CheckpointException>(() => HifiGanArchitecture.Read(HuggingFaceConfig.Open(folder.Path))).Message, StringComparison.Ordinal);
    }

    /// <summary>The paper's figure 1 and appendix A.1, sum by sum.</summary>
    private sealed class Definition(Dictionary<string, Tensor> weights, bool normalizes)
    {
        /// <summary>[T, M] → samples.</summary>
        public double[] Of(Tensor spectrogram)
        {
            var x = new double[Tiny.ModelInDim][];
            for (var m = 0; m < x.Length; m++)
            {
                x[m] = [.. Enumerable.Range(0, (int)spectrogram.shape[0]).Select(t => spectrogram[t, m].item<double>())];
                if (normalizes) x[m] = [.. x[m].Select(value => (value - weights["mean"][m].item<double>()) / weights["scale"][m].item<double>())];
            }

            x = Convolved(x, "conv_pre", dilation: 1);
            for (var i = 0; i < 2; i++)
            {
                x = Enlarged(Activated(x, 0.15), $"upsampler.{i}", Tiny.UpsampleRates[i]);
                var outputs = Enumerable.Range(0, 2).Select(kind => Residual(x, $"resblocks.{(2 * i) + kind}", Tiny.ResblockDilationSizes[kind])).ToArray();
                x = [.. x.Select((row, c) => row.Select((_, t) => outputs.Average(output => output[c][t])).ToArray())];
            }

            return [.. Convolved(Activated(x, 0.01), "conv_post", dilation: 1)[0].Select(Math.Tanh)];
        }

        private double[][] Residual(double[][] x, string name, IReadOnlyList<int> dilations)
        {
            for (var i = 0; i < dilations.Count; i++)
            {
                var y = Convolved(Activated(Convolved(Activated(x, 0.15), $"{name}.convs1.{i}", dilations[i]), 0.15), $"{name}.convs2.{i}", dilation: 1);
                x = [.. x.Select((row, c) => row.Select((value, t) => value + y[c][t]).ToArray())];
            }

            return x;
        }

        private double[][] Convolved(double[][] x, string name, int dilation)
        {
            var (weight, bias) = (weights[$"{name}.weight"], weights[$"{name}.bias"]); // [out, in, k]
            var (reach, length) = (weight.shape[2] / 2, x[0].Length);
            var y = new double[weight.shape[0]][];
            for (var o = 0; o < y.Length; o++)
            {
                y[o] = new double[length];
                for (var t = 0; t < length; t++)
                {
                    y[o][t] = bias[o].item<double>();
                    for (var c = 0; c < x.Length; c++)
                    {
                        for (var k = -reach; k <= reach; k++)
                        {
                            if (t + (k * dilation) is var at && at >= 0 && at < length) y[o][t] += weight[o, c, k + reach].item<double>() * x[c][at];
                        }
                    }
                }
            }

            return y;
        }

        /// <summary>Each step is spread over the kernel, from its rate's multiple on; what overhangs is cut off evenly.</summary>
        private double[][] Enlarged(double[][] x, string name, int rate)
        {
            var (weight, bias) = (weights[$"{name}.weight"], weights[$"{name}.bias"]); // [in, out, k]
            var (length, kernel) = (x[0].Length, (int)weight.shape[2]);
            var y = new double[weight.shape[1]][];
            for (var o = 0; o < y.Length; o++)
            {
                var spread = Enumerable.Repeat(bias[o].item<double>(), ((length - 1) * rate) + kernel).ToArray();
                for (var c = 0; c < x.Length; c++)
                {
                    for (var t = 0; t < length; t++)
                    {
                        for (var k = 0; k < kernel; k++) spread[(t * rate) + k] += weight[c, o, k].item<double>() * x[c][t];
                    }
                }

                y[o] = spread[((kernel - rate) / 2)..^((kernel - rate) / 2)];
            }

            return y;
        }

        private static double[][] Activated(double[][] x, double slope) => [.. x.Select(row => row.Select(value => value < 0 ? slope * value : value).ToArray())];
    }
}
