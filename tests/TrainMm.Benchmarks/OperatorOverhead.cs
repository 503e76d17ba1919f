using System.Diagnostics;
using System.Globalization;
using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Benchmarks;

/// <summary>
/// What one call costs on tensors so small that the arithmetic does not count: the best of many short rounds, as a busy machine only adds.
/// </summary>
internal static class OperatorOverhead
{
    private const int Rounds = 300;
    private const int ScopeSize = 10;

    private static readonly string[] Names = ["add[4]", "add[4] in a scope", "linear 8x64->64 with gradients", "reshape", "index [1, ..]", "sum(dim)"];

    /// <summary>Prints a table.</summary>
    public static IReadOnlyDictionary<string, double> Measure()
    {
        Runtime.Initialize(1);
        var ours = Ours();
        var theirs = Python();
        Console.WriteLine($"ns per operation, one thread       TrainMm (libtorch {__version__})   Python{(theirs is null ? " (no torch found)" : string.Empty)}");
        for (var i = 0; i < Names.Length; i++) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Names[i],-34} {ours[i],12:F0} {theirs?[i],24:F0}"));
        var results = new Dictionary<string, double>(StringComparer.Ordinal) { ["op_add_ns"] = ours[0], ["op_linear_ns"] = ours[2] };
        if (theirs is not null) (results["op_add_ns_python"], results["op_linear_ns_python"]) = (theirs[0], theirs[2]);
        return results;
    }

    private static double[] Ours()
    {
        var (a, b) = (randn(4), randn(4));
        var (x, weight, bias) = (randn(8, 64), randn(64, 64, requires_grad: true), randn(64, requires_grad: true));
        var matrix = randn(4, 6);
        return
        [
            Best(1000, () => { using var c = a + b; }),
            Best(100, () => Scoped(a, b)) / ScopeSize,
            Best(200, () => { using var y = nn.functional.linear(x, weight, bias); }),
            Best(1000, () => { using var y = matrix.reshape(6, 4); }),
            Best(500, () => { using var y = matrix[1, ..]; }),
            Best(500, () => { using var y = matrix.sum(1); }),
        ];
    }

    private static void Scoped(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        for (var i = 0; i < ScopeSize; i++) _ = a + b;
    }

    private static double Best(int count, Action body)
    {
        var best = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < count; i++) body();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / count);
        }

        return best;
    }

    private static double[]? Python()
    {
        const string Script = """
            import time, torch
            torch.set_num_threads(1)
            a, b = torch.randn(4), torch.randn(4)
            x, w, c = torch.randn(8, 64), torch.randn(64, 64, requires_grad=True), torch.randn(64, requires_grad=True)
            m = torch.randn(4, 6)
            linear = torch.nn.functional.linear
            def best(count, body):
                least = 1e18
                for _ in range(300):
                    start = time.perf_counter()
                    for _ in range(count): body()
                    least = min(least, (time.perf_counter() - start) / count * 1e9)
                print(least)
            best(1000, lambda: a + b)
            best(1000, lambda: a + b)
            best(200, lambda: linear(x, w, c))
            best(1000, lambda: m.reshape(6, 4))
            best(500, lambda: m[1, :])
            best(500, lambda: m.sum(1))
            """;
        var start = new ProcessStartInfo("/usr/bin/python3", ["-c", Script]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        try
        {
            using var process = Process.Start(start)!;
            _ = process.StandardError.ReadToEndAsync();
            var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            process.WaitForExit();
            return process.ExitCode == 0 ? [.. lines.Select(line => double.Parse(line, CultureInfo.InvariantCulture))] : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
