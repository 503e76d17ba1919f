using System.Diagnostics;
using System.Globalization;
using TorchSharp;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Stages;

namespace TrainMm.Benchmarks;

/// <summary>What a user waits for: the program's start, its first step, a checkpoint beside the steps, and going on from one.</summary>
internal static class Latency
{
    /// <summary>
    /// Trained numbers of LoRA with r = 128 on every linear layer of the benchmark's language model (8 layers, width 512, 1376 within the feed-forward layer): 128 · (4 · 1024 + 3 · 1888) a layer.
    /// </summary>
    private const int LoraNumbers = 8 * 128 * ((4 * 1024) + (3 * 1888));

    /// <summary>Measures, and prints a row for each figure.</summary>
    /// <param name="quick">Whether few rounds do.</param>
    /// <returns>By the names in the benchmark's JSON; those of the program are left out where its Release build is missing.</returns>
    public static IReadOnlyDictionary<string, double> Measure(bool quick)
    {
        var figures = new Dictionary<string, double>(StringComparer.Ordinal);
        var program = Checkout.PathOf("src/TrainMm.Cli/bin/Release/net10.0/trainmm.dll");
        if (File.Exists(program))
        {
            figures["help_ms"] = Timing.Median(quick ? 5 : 21, () => MillisecondsUntil(program, ["--help"], _ => false));
            figures["first_step_ms"] = Timing.Median(quick ? 1 : 5, () => FirstStep(program));
        }
        else
        {
            Console.WriteLine($"help and first step                not measured: {program} is not built");
        }

        MeasureCheckpoint(quick ? 3 : 11, figures);
        foreach (var (name, value) in figures) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-40} {value,14:N1}"));
        return figures;
    }

    /// <summary>From the command to the first line about a step, on the demo in miniature.</summary>
    private static double FirstStep(string program)
    {
        var folder = Directory.CreateTempSubdirectory("trainmm-benchmark-");
        try
        {
            string[] command =
            [
                "pretrain", "--config", Checkout.PathOf("configs/demo/smoke.yaml"), "--run-dir", Path.Combine(folder.FullName, "run"), "--set", "train.max_steps=1",
                "--set", "evaluation.every_steps=0", "--set", "checkpoint.every_steps=0",
            ];
            return MillisecondsUntil(program, command, line => line.Contains("Step 1/1", StringComparison.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Milliseconds until a process prints a line, or, where it never does, ends.</summary>
    private static double MillisecondsUntil(string program, IEnumerable<string> command, Func<string, bool> isIt)
    {
        var start = new ProcessStartInfo("dotnet", [program, .. command]) { RedirectStandardOutput = true, UseShellExecute = false };
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        double? seen = null;
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (seen is null && isIt(line)) seen = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        process.WaitForExit();
        return process.ExitCode == 0 ? seen ?? Stopwatch.GetElapsedTime(started).TotalMilliseconds : throw new InvalidOperationException($"trainmm {string.Join(' ', command)} ended with {process.ExitCode}.");
    }

    /// <summary>What the step that a checkpoint follows waits for, its writing beside the steps, and the time from the files to tensors, the check of every hash included.</summary>
    private static void MeasureCheckpoint(int rounds, Dictionary<string, double> figures)
    {
        var folder = Directory.CreateTempSubdirectory("trainmm-benchmark-");
        try
        {
            using var scope = torch.NewDisposeScope();
            var store = new CheckpointStore(folder.FullName);
            var content = new CheckpointContent(State, Tensors("trained"), Tensors("first", "second"), new Dictionary<string, torch.Tensor>(StringComparer.Ordinal));
            figures["save_state_mib"] = content.Bytes / 1048576.0;
            var (stalls, writes) = (new List<double>(), new List<double>());
            for (var i = 0; i < rounds; i++)
            {
                var started = Stopwatch.GetTimestamp();
                var copy = content.Copy();
                stalls.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                store.Save(copy with { State = State with { Step = i + 1 } });
                writes.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds - stalls[^1]);
                copy.Free();
                store.Prune(new CheckpointOptions { KeepLast = 1 }, keepStep: null);
            }

            figures["save_stall_ms"] = stalls.Order().ElementAt(rounds / 2);
            figures["save_write_ms"] = writes.Order().ElementAt(rounds / 2);
            figures["resume_ms"] = Timing.Median(rounds, () => Resume(store));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static double Resume(CheckpointStore store)
    {
        using var scope = torch.NewDisposeScope();
        var started = Stopwatch.GetTimestamp();
        var newest = store.FindNewest(rejected => throw new InvalidOperationException(rejected.Reason))!;
        CheckpointStore.ReadState(newest);
        using var trained = CheckpointStore.OpenTrainable(newest);
        using var optimizer = CheckpointStore.OpenOptimizer(newest);
        foreach (var name in trained.Entries.Keys) trained.Read(name);
        foreach (var name in optimizer.Entries.Keys) optimizer.Read(name);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static RunState State => new()
    {
        Stage = StageKind.Sft,
        Step = 1,
        Position = 8,
        Seed = 0,
        OrderHash = "",
        Config = "",
        ConfigFingerprint = "",
        DataFingerprint = "",
        LibTorch = "",
        Threads = torch.get_num_threads(),
        FrozenHash = "",
        LastLoss = null,
        Best = null,
    };

    /// <summary>The language model's adapters, as many tensors as it has.</summary>
    private static Dictionary<string, torch.Tensor> Tensors(params string[] names)
    {
        const int Count = 8 * 7 * 2;
        return names.SelectMany(name => Enumerable.Range(0, Count).Select(i => $"{name}.{i}")).ToDictionary(name => name, _ => torch.randn(LoraNumbers / Count), StringComparer.Ordinal);
    }
}
