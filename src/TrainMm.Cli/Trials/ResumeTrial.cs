using System.Diagnostics;
using System.Globalization;
using TrainMm.Core.Diagnostics;
using TrainMm.Training.Metrics;

namespace TrainMm.Cli.Trials;

/// <summary>What a trial is to do.</summary>
/// <param name="Command">The stage's command and its options, without a run directory.</param>
/// <param name="Folder">Where its runs are written.</param>
/// <param name="Steps">Steps of a run.</param>
/// <param name="Kills">Kills in all.</param>
/// <param name="Seed">Of the moments.</param>
internal sealed record TrialRequest(IReadOnlyList<string> Command, string Folder, long Steps, int Kills, int Seed);

/// <summary>How a trial ended.</summary>
/// <param name="Kills">Processes that were killed.</param>
/// <param name="Runs">Runs that were killed in and went on to their end.</param>
/// <param name="Differences">What differs from the undisturbed run; empty where every byte is the same.</param>
internal sealed record TrialResult(int Kills, int Runs, IReadOnlyList<string> Differences);

/// <summary>
/// Proves on a user's own run that a kill costs nothing: one run is left alone, others are killed (SIGKILL) at random points, inside the writing of checkpoints too, and go on by the same command.
/// Losses, sample order, last checkpoint and trained parts must be the same to the byte.
/// </summary>
/// <param name="request">What to do.</param>
/// <param name="say">Told what happens.</param>
internal sealed class ResumeTrial(TrialRequest request, Action<string> say)
{
    private const int Killed = 128 + 9;

    // Points that a run comes by often, so that most of the numbers drawn are reached.
    private static readonly (string Point, int Most)[] Points =
        [(FaultPoint.Step, 6), (FaultPoint.Save, 6), (FaultPoint.Rename, 2), (FaultPoint.Prune, 2), (FaultPoint.Load, 1), (FaultPoint.Decode, 40)];

    private readonly Random random = new(request.Seed);

    /// <summary>Runs it.</summary>
    /// <exception cref="TrialException">A process ended in another way than by its plan.</exception>
    public TrialResult Run()
    {
        var undisturbed = Path.Combine(request.Folder, "undisturbed");
        var started = Stopwatch.GetTimestamp();
        Expect(Start(undisturbed, fault: null, killAfter: null), (int)ExitCode.Done, undisturbed);
        var duration = Stopwatch.GetElapsedTime(started);
        say(string.Create(CultureInfo.InvariantCulture, $"undisturbed: {request.Steps} steps in {duration.TotalSeconds:0.0} s"));
        var (kills, runs) = (0, 0);
        var differences = new List<string>();
        while (kills < request.Kills)
        {
            var run = Path.Combine(request.Folder, $"killed-{++runs}");
            var points = Disturb(run, request.Kills - kills, duration);
            kills += points.Count;
            var found = Compare(undisturbed, run);
            differences.AddRange(found.Select(name => $"{Path.GetFileName(run)}: {name}"));
            say($"{Path.GetFileName(run)}: {points.Count} kills ({string.Join(", ", points)}), {(found.Count == 0 ? "every byte as undisturbed" : $"differs in {string.Join(", ", found)}")}");
        }

        return new TrialResult(kills, runs, differences);
    }

    /// <summary>Kills a run again and again, at most so often, until it is at its end; says at which points.</summary>
    private List<string> Disturb(string run, int most, TimeSpan duration)
    {
        var points = new List<string>();
        while (true)
        {
            var (fault, killAfter) = points.Count < most ? Draw(duration) : (null, null);
            var code = Start(run, fault, killAfter);
            if (code == Killed)
            {
                points.Add(fault ?? "any moment");
                continue;
            }

            Expect(code, (int)ExitCode.Done, run);
            return points;
        }
    }

    /// <summary>A named point most of the time; else a moment, so that what has no name is met too.</summary>
    private (string? Fault, TimeSpan? KillAfter) Draw(TimeSpan duration)
    {
        if (random.Next(4) == 0) return (null, duration * random.NextDouble());
        var (point, often) = Points[random.Next(Points.Length)];
        return ($"{point}:{random.Next(1, often + 1)}", null);
    }

    private int Start(string run, string? fault, TimeSpan? killAfter)
    {
        var program = Environment.ProcessPath!;
        string[] host = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(ResumeTrial).Assembly.Location] : [];
        var start = new ProcessStartInfo(program, [.. host, .. request.Command, "--run-dir", run]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["TRAINMM_FAULT"] = fault;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (killAfter is { } patience && !process.WaitForExit(patience)) process.Kill();
        process.WaitForExit();
        LastWords = $"{output.Result}{error.Result}";
        return process.ExitCode;
    }

    private string LastWords { get; set; } = "";

    private void Expect(int code, int expected, string run)
    {
        if (code != expected) throw new TrialException($"The run in {run} ended with exit code {code}, not {expected}:\n{string.Join('\n', LastWords.Split('\n').TakeLast(15))}");
    }

    /// <summary>The files that differ, and the metrics where a step's loss or samples do.</summary>
    private static List<string> Compare(string undisturbed, string run)
    {
        var differences = new List<string>();
        if (!Steps(undisturbed).SequenceEqual(Steps(run))) differences.Add("metrics.jsonl");
        var last = Path.GetFileName(Directory.GetDirectories(Path.Combine(undisturbed, "checkpoints")).Max(StringComparer.Ordinal)!);
        foreach (var folder in (string[])["final", Path.Combine("checkpoints", last)])
        {
            var expected = Files(Path.Combine(undisturbed, folder));
            var found = Files(Path.Combine(run, folder));
            differences.AddRange(expected.Union(found, StringComparer.Ordinal).Where(name => !Same(Path.Combine(undisturbed, folder, name), Path.Combine(run, folder, name))).Select(name => Path.Combine(folder, name)));
        }

        return differences;
    }

    private static IEnumerable<(long Step, double Loss, double GradNorm, string SampleHash)> Steps(string run) =>
        JsonLines.Read<StepMetrics>(Path.Combine(run, "metrics.jsonl")).Select(step => (step.Step, step.Loss, step.GradNorm, step.SampleHash));

    private static IEnumerable<string> Files(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file))
        : [];

    private static bool Same(string first, string second) => File.Exists(first) && File.Exists(second) && File.ReadAllBytes(first).AsSpan().SequenceEqual(File.ReadAllBytes(second));
}

/// <summary>A process of a trial ended otherwise than it should have.</summary>
/// <param name="message">What happened.</param>
internal sealed class TrialException(string message) : UserException(message)
{
    /// <inheritdoc/>
    public override ExitCode ExitCode => ExitCode.Failure;
}
