using System.Globalization;
using System.Text.RegularExpressions;
using TorchSharp.Modules;
using TrainMm.Models;
using TrainMm.Models.Layers;
using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

/// <summary>The layers that models are made of, forward and backward; the operators below them are the engine's to test.</summary>
public sealed partial class OperationTests(ITestOutputHelper output)
{
    [GoldenTheory("ops")]
    public void ActivationsEqualTheReference(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        foreach (var function in io.Under("out.act."))
        {
            if (!Activation.Names.Contains(function, StringComparer.Ordinal))
            {
                output.WriteLine($"{golden.Name}: no activation '{function}' yet");
                continue;
            }

            var x = io["in.act.x"].requires_grad_();
            var y = Activation.Of(function).Invoke(x);
            y.sum().backward();
            report.Compare("activations", function, y, io[$"out.act.{function}"]);
            report.Compare("activations", $"{function}, gradient", x.grad!, io[$"grad.act.{function}"]);
        }
    }

    [GoldenTheory("ops")]
    public void NormsEqualTheReference(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        foreach (var norm in io.Under("out.").Where(each => NormName().IsMatch(each)))
        {
            var parts = NormName().Match(norm);
            var epsilon = double.Parse(parts.Groups["epsilon"].ValueSpan, CultureInfo.InvariantCulture);
            var place = new ModuleScope("norm", ScalarType.Float32, CPU, new TrainablePaths(["norm"]));
            var x = io["in.norm.x"].requires_grad_();
            var width = x.shape[^1];
            Func<Tensor, Tensor> forward = parts.Groups["kind"].Value == "layer" ? new LayerNorm(width, epsilon, place).Forward : new RmsNorm(width, epsilon, place).Forward;
            Fill(place.Parameters, io);
            var y = forward(x);
            y.mul(io["in.norm.cot"]).sum().backward();
            report.Compare("norms", norm, y, io[$"out.{norm}"]);
            Tensor[] gradients = [x.grad!, .. place.Parameters.Values.Select(parameter => parameter.grad!)];
            for (var i = 0; i < gradients.Length; i++) report.Compare("norms", $"{norm}, gradient {i}", gradients[i], io[$"grad.{norm}.{i}"]);
        }
    }

    [GoldenTheory("ops")]
    public void RotaryEmbeddingsEqualTheReference(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        var (positions, queries, keys) = (io["in.rope.pos"], io["in.rope.q"], io["in.rope.k"]);
        var variants = io.Under("out.rope.").Where(each => each.EndsWith(".cos", StringComparison.Ordinal)).Select(each => each[..^".cos".Length]).ToArray();
        Assert.NotEmpty(variants);
        foreach (var variant in variants)
        {
            if (!VariantName().IsMatch(variant))
            {
                output.WriteLine($"{golden.Name}: no rotary scaling '{variant}' yet");
                continue;
            }

            var table = Rotary(variant, (int)queries.shape[^1]).At(positions, ScalarType.Float32);
            report.Compare("rope", $"{variant}.cos", table.Cosine.squeeze(1), io[$"out.rope.{variant}.cos"]);
            report.Compare("rope", $"{variant}.sin", table.Sine.squeeze(1), io[$"out.rope.{variant}.sin"]);
            report.Compare("rope", $"{variant}.q", table.Turn(queries), io[$"out.rope.{variant}.q"]);
            report.Compare("rope", $"{variant}.k", table.Turn(keys), io[$"out.rope.{variant}.k"]);
        }
    }

    [GoldenTheory("ops")]
    public void CausalAttentionEqualsTheReference(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        var (q, k, v) = (io["in.rope.q"].requires_grad_(), io["in.rope.k"].requires_grad_(), io["in.attn.v"].requires_grad_());
        var mask = Attention.CausalMask(q.shape[2], past: 0, attended: null, ScalarType.Float32, CPU);
        var y = Attention.Split(Attention.Attend(q, k, v, mask), (int)q.shape[1]);
        y.mul(io["in.attn.cot"]).sum().backward();
        report.Compare("attention", "causal", y, io["out.attn.causal"]);
        foreach (var (tensor, gradient) in ((Tensor, string)[])[(q, "q"), (k, "k"), (v, "v")]) report.Compare("attention", $"gradient of {gradient}", tensor.grad!, io[$"grad.attn.{gradient}"]);
    }

    private static void Fill(IReadOnlyDictionary<string, Parameter> parameters, GoldenTensors io)
    {
        using var guard = no_grad();
        parameters["weight"].copy_(io["in.norm.w"]);
        if (parameters.TryGetValue("bias", out var bias)) bias.copy_(io["in.norm.b"]);
    }

    /// <summary>Reads what the reference calls a variant: <c>base5e5</c>, <c>linear4</c>, <c>dynamic2_max16</c>.</summary>
    private static RotaryEmbedding Rotary(string variant, int width)
    {
        var parts = VariantName().Match(variant);
        var number = double.Parse(parts.Groups["number"].ValueSpan, CultureInfo.InvariantCulture);
        return parts.Groups["kind"].Value switch
        {
            "base" => new RotaryEmbedding(width, number, RotaryScaling.None),
            "linear" => new RotaryEmbedding(width, 10000, new LinearRotaryScaling(number)),
            _ => new RotaryEmbedding(width, 10000, new DynamicRotaryScaling(number, int.Parse(parts.Groups["max"].ValueSpan, CultureInfo.InvariantCulture))),
        };
    }

    [GeneratedRegex(@"\A(?<kind>layer|rms)norm_eps(?<epsilon>[0-9e.+-]+)\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NormName();

    [GeneratedRegex(@"\A(?<kind>base|linear|dynamic)(?<number>[0-9.]+(e[0-9]+)?)(_max(?<max>[0-9]+))?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VariantName();
}
