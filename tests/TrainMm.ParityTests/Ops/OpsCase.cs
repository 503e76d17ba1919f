using System.Globalization;
using System.Text.RegularExpressions;
using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Ops;

/// <summary>A case of kind <c>ops</c>: many small computations under dotted names, <c>out.&lt;group&gt;.&lt;variant&gt;</c>, with their gradients.</summary>
internal sealed class OpsCase : IDisposable
{
    private readonly GoldenTensors io;
    private readonly ParityReport report;
    private readonly IDisposable scope = NewDisposeScope();

    internal OpsCase(string name, ITestOutputHelper output)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        io = new GoldenTensors(golden);
        report = new ParityReport(golden, output);
    }

    internal Tensor this[string name] => io[name];

    /// <summary>An input that gradients are wanted for.</summary>
    internal Tensor Leaf(string name) => io[name].detach().requires_grad_();

    internal IReadOnlyList<string> Under(string prefix) => io.Under(prefix);

    /// <summary>The variants of a group: what follows it in the names of outputs, up to the next dot.</summary>
    internal IReadOnlyList<string> Variants(string group) => [.. io.Under($"out.{group}").Select(rest => rest.Split('.')[0]).Distinct(StringComparer.Ordinal)];

    internal void Compare(string name, Tensor actual) => report.Compare("out", name, actual, io[$"out.{name}"]);

    internal void CompareGradient(string name, Tensor leaf) => report.Compare("grad", name, leaf.grad!, io[$"grad.{name}"]);

    /// <summary>The number behind a letter or word in a variant's name, as 4 is in <c>g4p3</c> behind g.</summary>
    internal static double Number(string variant, string word)
    {
        var match = Regex.Match(variant, $@"(?<![a-z]){Regex.Escape(word)}(?<number>[0-9.]+(e-?[0-9]+)?)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        Assert.True(match.Success, $"'{variant}' has no number behind '{word}'");
        return double.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        report.Dispose();
        scope.Dispose();
        io.Dispose();
    }
}
