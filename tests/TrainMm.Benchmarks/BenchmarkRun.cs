using System.Text.Json.Nodes;
using TrainMm.Benchmarks.Steps;

namespace TrainMm.Benchmarks;

/// <summary>What scripts/benchmark.sh runs: the parts that were asked for, one table, one JSON file.</summary>
internal static class BenchmarkRun
{
    private static readonly string[] Parts = ["steps", "gemm", "ops", "data", "latency"];

    /// <summary>Runs by the command line's words.</summary>
    /// <returns>2 where they cannot be understood.</returns>
    public static int Run(IReadOnlyList<string> words)
    {
        var (isQuick, only, json, cases) = (false, Parts, (string?)null, Array.Empty<string>());
        for (var i = 0; i < words.Count; i++)
        {
            switch (words[i])
            {
                case "--quick": isQuick = true; break;
                case "--only" when i + 1 < words.Count: only = words[++i].Split(','); break;
                case "--cases" when i + 1 < words.Count: cases = words[++i].Split(','); break;
                case "--json" when i + 1 < words.Count: json = words[++i]; break;
                default: return Usage(words[i]);
            }
        }

        if (only.Except(Parts, StringComparer.Ordinal).FirstOrDefault() is { } unknown) return Usage(unknown);
        if (cases.Except(StepCase.All.Select(each => each.Name), StringComparer.Ordinal).FirstOrDefault() is { } noCase) return Usage(noCase);
        var results = new JsonObject();
        if (only.Contains("steps")) results["steps"] = Steps(isQuick, cases);
        if (only.Contains("gemm")) Add(results, MatrixProducts.Measure(isQuick, Environment.ProcessorCount));
        if (only.Contains("ops")) Add(results, OperatorOverhead.Measure());
        if (only.Contains("data")) Add(results, DataPath.Measure(isQuick));
        if (only.Contains("latency")) Add(results, Latency.Measure(isQuick));
        if (json is not null) File.WriteAllText(json, results.ToJsonString(new() { WriteIndented = true }) + "\n");
        return 0;
    }

    private static JsonObject Steps(bool isQuick, string[] cases)
    {
        var steps = new JsonObject();
        foreach (var (name, figures) in StepComparison.Run(isQuick, Environment.ProcessorCount, cases)) Add((JsonObject)(steps[name] = new JsonObject()), figures);
        return steps;
    }

    private static void Add(JsonObject target, IReadOnlyDictionary<string, double> figures)
    {
        foreach (var (name, value) in figures) target[name] = Math.Round(value, 4);
    }

    private static int Usage(string word)
    {
        Console.Error.WriteLine($"'{word}' is not understood.");
        Console.Error.WriteLine($"usage: [--quick] [--only {string.Join(',', Parts)}] [--cases {string.Join(',', StepCase.All.Select(each => each.Name))}] [--json FILE]");
        Console.Error.WriteLine("       tokenizer FOLDER TEXT      tokens a second and bytes allocated, with the tokenizer of a folder on a text file (BenchmarkDotNet)");
        return 2;
    }
}
