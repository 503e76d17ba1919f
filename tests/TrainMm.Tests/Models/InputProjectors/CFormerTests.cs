using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.InputProjectors;

public sealed class CFormerTests : IDisposable
{
    private const string Tiny = "kind: c_former, num_tokens: 4, depth: 2, heads: 2, feed_forward_factor: 2";
    private static readonly FeatureSpec Features = new(Tokens: 9, Width: 6);
    private readonly string folder = Directory.CreateTempSubdirectory("c-former-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(4)]
    [InlineData(1)]
    [InlineData(9)]
    public void ItEqualsItsDefinition(int tokens)
    {
        using var scope = NewDisposeScope();
        using var projector = ProjectorFixture.CreateFilled(Tiny.Replace("num_tokens: 4", $"num_tokens: {tokens}", StringComparison.Ordinal), Features, 8);
        var (features, weights) = (ProjectorFixture.Numbers(4, 2, 9, 6), ProjectorFixture.Weights(projector));
        Assert.Equal(tokens, projector.TokensFor(Features));
        var expected = Enumerable.Range(0, 2).Select(i => Expected(features[i].to_type(ScalarType.Float64), weights, tokens)).ToArray();
        ProjectorFixture.AssertSame(stack(expected), projector.Project(features));
    }

    [Fact]
    public void ItLearns()
    {
        using var scope = NewDisposeScope();
        using var projector = ProjectorFixture.CreateFilled(Tiny, Features, 8);
        var (features, target) = (ProjectorFixture.Numbers(3, 2, 9, 6), ProjectorFixture.Numbers(77, 2, 4, 8));
        var losses = new List<double>();
        for (var step = 0; step < 15; step++)
        {
            using var each = NewDisposeScope();
            var loss = projector.Project(features).sub(target).pow(2).mean();
            loss.backward();
            losses.Add(loss.item<float>());
            using var guard = no_grad();
            foreach (var (name, parameter) in projector.Module.named_parameters())
            {
                // Softmax does not see a bias on all keys.
                Assert.True(parameter.grad!.abs().sum().item<float>() > 0 || name.EndsWith(".key.bias", StringComparison.Ordinal), $"{name}'s gradient is zero");
                parameter.sub_(parameter.grad.mul(0.2));
                parameter.grad = null;
            }
        }

        Assert.True(losses[^1] < 0.97 * losses[0], string.Join(' ', losses));
    }

    [Fact]
    public void ARunsOwnFileIsReadAndMistakesAreSaidAtTheirPlace()
    {
        using var scope = NewDisposeScope();
        using var made = ProjectorFixture.CreateFilled(Tiny, Features, 8);
        var file = Path.Combine(folder, "input_projector.safetensors");
        SafetensorsWriter.Write(file, made.Module.state_dict().ToDictionary(pair => $"image.input_projector.{pair.Key}", pair => pair.Value, StringComparer.Ordinal));
        using var read = ProjectorFixture.Create($"{Tiny}, checkpoint: {file}", Features, 8);
        foreach (var (name, value) in read.Module.state_dict()) Assert.True(value.eq(made.Module.state_dict()[name]).all().item<bool>(), name);
        Assert.Contains("input_projector.heads: cannot split the encoder's 6 dimensions into 4 heads", Fault("kind: c_former, num_tokens: 4, heads: 4"), StringComparison.Ordinal);
        Assert.Contains("input_projector.num_tokens: is 10, more than the encoder's 9 features", Fault("kind: c_former, num_tokens: 10, heads: 2"), StringComparison.Ordinal);

        static string Fault(string projector) => Assert.Throws<ConfigurationException>(() => ProjectorFixture.Create(projector, Features, 8)).Message;
    }

    /// <summary>[N, De] → [Q, D], frame by frame as the paper tells it: a weight fills the token that is being gathered, and what is left of it begins the next.</summary>
    private static Tensor Expected(Tensor features, Dictionary<string, Tensor> weights, int tokens)
    {
        var padded = cat([zeros(1, 6, dtype: ScalarType.Float64), features, zeros(1, 6, dtype: ScalarType.Float64)], 0);
        var alphas = new double[9];
        for (var t = 0; t < 9; t++)
        {
            var seen = weights["cif.conv.bias"];
            for (var k = 0; k < 3; k++) seen = seen.add(weights["cif.conv.weight"].select(2, k).matmul(padded[t + k]));
            var inner = PlainMath.Norm(seen.unsqueeze(0), weights, "cif.norm", 1e-5).clamp_min(0);
            alphas[t] = 1 / (1 + Math.Exp(-PlainMath.Linear(inner, weights, "cif.weight").item<double>()));
        }

        var scale = tokens / alphas.Sum();
        var (fired, gathered, filled) = (new List<Tensor>(), zeros(6, dtype: ScalarType.Float64), 0.0);
        for (var t = 0; t < 9; t++)
        {
            var left = alphas[t] * scale;
            while (filled + left >= 1 && fired.Count < tokens - 1)
            {
                var part = 1 - filled;
                fired.Add(gathered.add(features[t].mul(part)));
                (gathered, filled, left) = (zeros(6, dtype: ScalarType.Float64), 0, left - part);
            }

            (gathered, filled) = (gathered.add(features[t].mul(left)), filled + left);
        }

        Assert.Equal(1, filled, 1e-9);
        var x = stack([.. fired, gathered]).add(weights["positions"]);
        for (var i = 0; i < 2; i++)
        {
            var layer = $"layers.{i}.";
            var normed = PlainMath.Norm(x, weights, $"{layer}attention_norm", 1e-5);
            var mixed = PlainMath.Attend(PlainMath.Linear(normed, weights, $"{layer}query"), PlainMath.Linear(normed, weights, $"{layer}key"), PlainMath.Linear(normed, weights, $"{layer}value"), heads: 2);
            x = x.add(PlainMath.Linear(mixed, weights, $"{layer}output"));
            x = x.add(PlainMath.Linear(PlainMath.Gelu(PlainMath.Linear(PlainMath.Norm(x, weights, $"{layer}inner_norm", 1e-5), weights, $"{layer}first")), weights, $"{layer}second"));
        }

        return PlainMath.Linear(PlainMath.Norm(x, weights, "norm", 1e-5), weights, "speech_adapter");
    }
}
