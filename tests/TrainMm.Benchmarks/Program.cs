using System.Globalization;
using TrainMm.Benchmarks;
using TrainMm.Benchmarks.Steps;

// Benchmarks: scripts/benchmark.sh. Some parts are processes of their own, which this program starts.
switch (args)
{
    case ["own-step", var name, var features, var threads, var parts]:
        OwnStep.Serve(name, features == "cached", int.Parse(threads, CultureInfo.InvariantCulture), int.Parse(parts, CultureInfo.InvariantCulture));
        return 0;
    case ["tokenizer", var tokenizer, var text]:
        TokenizerBenchmark.Run(tokenizer, text);
        return 0;
    default:
        return BenchmarkRun.Run(args);
}
