using System.Globalization;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Golden;

/// <summary>Compares with the reference and keeps the largest relative error of each group of tensors, for the test's output and for <c>parity.tsv</c> beside the test assembly.</summary>
/// <param name="golden">The case.</param>
/// <param name="output">The test's output.</param>
public sealed class ParityReport(GoldenCase golden, ITestOutputHelper output) : IDisposable
{
    /// <summary>
    /// ‖a − b‖ / ‖b‖ in fp32: the references are fp32 themselves, with sums in another order than ours; a wrong formula is off by orders of magnitude more.
    /// </summary>
    public const double Tolerance = 1e-5;

    /// <summary>AdamW divides a gradient by its own size: below this, rounding decides the sign of the step.</summary>
    public const double SmallestGradient = 1e-6;

    /// <summary>
    /// A gradient below this share of the norm over all gradients is zero but for rounding (an attention's key bias: softmax does not see it):
    /// there is nothing to compare digit by digit, ours must be as small.
    /// </summary>
    public const double ZeroShare = 1e-6;

    private static readonly Lock Writing = new();
    private static readonly string TablePath = System.IO.Path.Combine(AppContext.BaseDirectory, "parity.tsv");
    private static bool begun;

    private readonly Dictionary<string, (double Error, string Name)> largest = new(StringComparer.Ordinal);

    /// <summary>Fails where a tensor differs from the reference's by more than the tolerance.</summary>
    /// <param name="group">The row of the report: <c>out</c>, <c>grad</c>, <c>adamw3</c>.</param>
    /// <param name="name">The tensor's name.</param>
    /// <param name="actual">Ours.</param>
    /// <param name="expected">The reference's.</param>
    /// <param name="where">Only elements, or rows of the last dimension, where this is not 0; null is all.</param>
    public void Compare(string group, string name, Tensor actual, Tensor expected, Tensor? where = null)
    {
        using var scope = NewDisposeScope();
        Assert.True(expected.shape.SequenceEqual(actual.shape), $"{name}: [{string.Join(", ", actual.shape)}] instead of [{string.Join(", ", expected.shape)}]");
        var ours = actual.detach().cpu().to_type(ScalarType.Float64);
        var theirs = expected.to_type(ScalarType.Float64);
        if (where is not null)
        {
            var kept = where.ne(0).to_type(ScalarType.Float64);
            if (kept.Dimensions < theirs.Dimensions) kept = kept.unsqueeze(-1);
            ours = ours.masked_fill(kept.eq(0).expand(ours.shape), 0); // a reference's padding may hold anything
            theirs = theirs.masked_fill(kept.eq(0).expand(theirs.shape), 0);
        }

        var scale = theirs.pow(2).sum().sqrt().item<double>();
        var difference = ours.sub(theirs).pow(2).sum().sqrt().item<double>();
        var error = difference == 0 ? 0 : difference / Math.Max(scale, double.Epsilon);
        if (!largest.TryGetValue(group, out var before) || error > before.Error || double.IsNaN(error)) largest[group] = (error, name);
        Assert.True(error <= Tolerance, $"{golden.Name}: {name} differs by {error:e2} of its norm {scale:e2}; {Tolerance:e0} is allowed");
    }

    /// <summary>Compares gradients with all those that the reference gave.</summary>
    /// <param name="ours">The reference's name → our gradient.</param>
    /// <param name="theirs">The reference's gradients.</param>
    /// <param name="slope">
    /// The loss's derivative, by differences in double, along a direction of one parameter. Where it is given, it decides between a gradient of the reference's and ours that differ:
    /// references were made with libtorch 1.13 too, whose gradient of GELU is now and then what the memory held before. Null lets none differ.
    /// </param>
    /// <returns>The names of the reference's gradients that are no gradients of its loss.</returns>
    public IReadOnlySet<string> CompareGradients(IReadOnlyDictionary<string, Tensor> ours, IReadOnlyDictionary<string, Tensor> theirs, Func<string, Tensor, double>? slope = null)
    {
        var refuted = new HashSet<string>(StringComparer.Ordinal);
        var zero = ZeroShare * Math.Sqrt((slope is null ? theirs.Values : theirs.Keys.Select(name => ours[name])).Sum(gradient => Math.Pow(Norm(gradient), 2)));
        foreach (var (name, expected) in theirs)
        {
            if (slope is not null && !(Norm(ours[name].sub(expected)) <= Math.Max(zero, Tolerance * Norm(expected))))
            {
                AssertRefuted(name, ours[name], expected, direction => slope(name, direction));
                refuted.Add(name);
            }
            else if (Norm(expected) > zero)
            {
                Compare("grad", name, ours[name], expected);
            }
            else
            {
                Assert.True(Norm(ours[name]) <= zero, $"{golden.Name}: {name} should be zero and is {Norm(ours[name]):e2}");
            }
        }

        if (refuted.Count > 0) output.WriteLine($"{golden.Name}: {refuted.Count} of the reference's gradients are not those of its loss, by differences: {string.Join(", ", refuted)}");
        return refuted;
    }

    /// <summary>Where two gradients differ, the loss itself decides: along what they differ by, and along ours.</summary>
    private void AssertRefuted(string name, Tensor ours, Tensor theirs, Func<Tensor, double> slope)
    {
        const double tolerance = 1e-4; // of differences, which are no derivatives
        using var scope = NewDisposeScope();
        var (mine, reference) = (ours.detach().to_type(ScalarType.Float64), theirs.to_type(ScalarType.Float64));
        foreach (var way in (Tensor[])[mine, reference.sub(mine)])
        {
            var length = Norm(way);
            if (!double.IsFinite(length)) continue; // the reference's is no number at all
            var direction = way.div(length);
            var (actual, claimed) = (slope(direction), mine.mul(direction).sum().item<double>());
            Assert.True(Math.Abs(actual - claimed) <= tolerance * Norm(mine), $"{golden.Name}: {name} differs from the reference's, and the loss's slope of {actual:e4} is not ours of {claimed:e4}");
        }
    }

    /// <summary>Compares parameters after three AdamW steps, where the first gradient was not nearly zero.</summary>
    public void CompareUpdated(string name, Tensor actual, Tensor expected, Tensor gradient) =>
        Compare("adamw3", name, actual, expected, gradient.abs().gt(SmallestGradient).to_type(ScalarType.Int64));

    private static double Norm(Tensor tensor) => tensor.to_type(ScalarType.Float64).pow(2).sum().sqrt().item<double>();

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (Writing)
        {
            if (!begun) File.WriteAllText(TablePath, "case\tgroup\tlargest_relative_error\ttensor\n");
            begun = true;
            foreach (var (group, (error, name)) in largest.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                var line = string.Create(CultureInfo.InvariantCulture, $"{golden.Name}\t{group}\t{error:e2}\t{name}");
                output.WriteLine(line);
                File.AppendAllText(TablePath, line + "\n");
            }
        }
    }
}
