using TrainMm.Benchmarks;

// Benchmarks: dotnet run -c Release --project tests/TrainMm.Benchmarks -- ops
switch (args)
{
    case ["ops"]:
        OperatorOverhead.Run();
        return 0;
    case ["data", .. var how]:
        DataPath.Measure(how is ["--quick"]);
        return 0;
    case ["latency", .. var how]:
        Latency.Measure(how is ["--quick"]);
        return 0;
    case ["tokenizer", var tokenizer, var text]:
        TokenizerBenchmark.Run(tokenizer, text);
        return 0;
    default:
        Console.Error.WriteLine("usage: ops                        time for one operation, beside Python's torch where python3 has it");
        Console.Error.WriteLine("       data [--quick]             pictures, tokens and samples a second, without a model");
        Console.Error.WriteLine("       latency [--quick]          the program's start, its first step, a checkpoint, and going on from one");
        Console.Error.WriteLine("       tokenizer FOLDER TEXT      tokens a second and bytes allocated, with the tokenizer of a folder on a text file (BenchmarkDotNet)");
        return 2;
}
