using System.Diagnostics;
using System.Globalization;

namespace TrainMm.Benchmarks.Steps;

/// <summary>What one step took.</summary>
/// <param name="Seconds">Of the step alone, as its process measured it.</param>
/// <param name="Loss">Before the step's update.</param>
/// <param name="PeakMegabytes">The most memory that its process has held so far.</param>
internal sealed record TakenStep(double Seconds, double Loss, double PeakMegabytes);

/// <summary>A process that takes one training step for each line that it is sent, and sleeps in between.</summary>
internal sealed class Stepper : IDisposable
{
    private readonly Process process;
    private readonly Task<string> errors;

    private Stepper(string name, string program, IEnumerable<string> arguments)
    {
        Name = name;
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";
        start.Environment.Remove("OPENBLAS_CORETYPE");
        process = Process.Start(start)!;
        errors = process.StandardError.ReadToEndAsync();
        if (Read() != "ready") throw new InvalidOperationException($"{name} did not start.");
    }

    /// <summary>What it is called in tables.</summary>
    public string Name { get; }

    /// <summary>What was measured, in order.</summary>
    public List<TakenStep> Taken { get; } = [];

    /// <summary>TrainMm's own step.</summary>
    public static Stepper Own(StepCase @case, bool isCached, int threads, int parallelParts) =>
        new(isCached ? "TrainMm, cached" : "TrainMm", Environment.ProcessPath!, [.. Self, "own-step", @case.Name, isCached ? "cached" : "fresh", $"{threads}", $"{parallelParts}"]);

    /// <summary>A peer's.</summary>
    /// <param name="folder">What <see cref="OwnStep.Write"/> wrote.</param>
    /// <param name="variant">plain or tuned.</param>
    public static Stepper Peer(string folder, string variant) =>
        new($"PyTorch, {variant}", "/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "peers", "llava.py"), folder, variant]);

    /// <summary>Takes a step.</summary>
    public TakenStep Step()
    {
        process.StandardInput.WriteLine("step");
        process.StandardInput.Flush();
        var fields = Read().Split(' ');
        var taken = new TakenStep(double.Parse(fields[0], CultureInfo.InvariantCulture), double.Parse(fields[1], CultureInfo.InvariantCulture), double.Parse(fields[2], CultureInfo.InvariantCulture));
        Taken.Add(taken);
        return taken;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromSeconds(10))) process.Kill();
        process.Dispose();
    }

    /// <summary>How this program is started again: by itself, or by dotnet.</summary>
    private static string[] Self => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];

    private string Read() => process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{Name} ended: {errors.Result}");
}
