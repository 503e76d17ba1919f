using TrainMm.Benchmarks;

// Benchmarks: dotnet run -c Release --project tests/TrainMm.Benchmarks -- ops
if (args is not ["ops"])
{
    Console.Error.WriteLine("usage: ops    time for one operation, beside Python's torch where python3 has it");
    return 2;
}

OperatorOverhead.Run();
return 0;
