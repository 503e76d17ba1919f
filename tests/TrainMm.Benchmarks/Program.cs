using System.Globalization;
using TrainMm.Benchmarks;
using TrainMm.Benchmarks.Steps;

// Benchmarks: scripts/benchmark.sh
switch (args)
{
    case ["ops"]:
        OperatorOverhead.Run();
        return 0;
    case ["steps", .. var only]:
        StepComparison.Run(isQuick: true, Environment.ProcessorCount, only.FirstOrDefault());
        return 0;
    case ["own-step", var name, var features, var threads, var parts]:
        OwnStep.Serve(name, features == "cached", int.Parse(threads, CultureInfo.InvariantCulture), int.Parse(parts, CultureInfo.InvariantCulture));
        return 0;
    case ["tokenizer", var tokenizer, var text]:
        TokenizerBenchmark.Run(tokenizer, text);
        return 0;
    default:
        Console.Error.WriteLine("usage: ops                        time for one operation, beside Python's torch where python3 has it");
        Console.Error.WriteLine("       tokenizer FOLDER TEXT      tokens a second and bytes allocated, with the tokenizer of a folder on a text file (BenchmarkDotNet)");
        return 2;
}
