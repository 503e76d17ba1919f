using System.Globalization;
using System.Text.Json;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Training.Checkpoints;

/// <summary>A run's folder: what is where in it, and the lock that keeps a second process out.</summary>
/// <param name="path">The folder.</param>
public sealed class RunDirectory(string path)
{
    private static readonly JsonSerializerOptions HolderJson = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The folder, absolute.</summary>
    public string Root { get; } = Path.GetFullPath(path);

    /// <summary>The resolved configuration.</summary>
    public string Config => Path.Combine(Root, "config.yaml");

    /// <summary>A line per step.</summary>
    public string Metrics => Path.Combine(Root, "metrics.jsonl");

    /// <summary>A line per held-out evaluation during training.</summary>
    public string HeldOut => Path.Combine(Root, "heldout.jsonl");

    /// <summary>The rows that were set aside because they cannot be used, a line each.</summary>
    public string Quarantine => Path.Combine(Root, "quarantine.jsonl");

    /// <summary>What the run consists of: stage, table of parts, steps, seconds.</summary>
    public string Summary => Path.Combine(Root, "run.json");

    /// <summary>The results of the last evaluation.</summary>
    public string Evaluation => Path.Combine(Root, "evaluation.json");

    /// <summary>Sample predictions with their pictures.</summary>
    public string Samples => Path.Combine(Root, "samples.json");

    /// <summary>The report.</summary>
    public string Report => Path.Combine(Root, "report.html");

    /// <summary>The folder of checkpoints.</summary>
    public string Checkpoints => Path.Combine(Root, "checkpoints");

    /// <summary>The folder of the trained parts.</summary>
    public string Final => Path.Combine(Root, "final");

    private string LockFile => Path.Combine(Root, ".lock");

    private string HolderFile => Path.Combine(Root, ".lock-holder.json");

    /// <summary>Makes the folder and takes it for this process; the kernel gives it back when the process ends, however it ends.</summary>
    /// <exception cref="RunDirectoryInUseException">Another process has it.</exception>
    public IDisposable Lock()
    {
        Directory.CreateDirectory(Root);
        FileStream held;
        try
        {
            held = new FileStream(LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException fault) when (fault is not PathTooLongException and not DirectoryNotFoundException)
        {
            throw new RunDirectoryInUseException(Root, Holder(), fault);
        }

        var holder = new LockHolder(Environment.MachineName, Environment.ProcessId, DateTimeOffset.UtcNow.ToString("u", CultureInfo.InvariantCulture));
        File.WriteAllText(HolderFile, JsonSerializer.Serialize(holder, HolderJson));
        return held;
    }

    private LockHolder? Holder()
    {
        try
        {
            return JsonSerializer.Deserialize<LockHolder>(File.ReadAllText(HolderFile), HolderJson);
        }
        catch (Exception fault) when (fault is IOException or JsonException)
        {
            return null;
        }
    }
}

/// <summary>Who has a run directory.</summary>
/// <param name="Host">The machine's name.</param>
/// <param name="Process">The process id.</param>
/// <param name="Since">When it took the directory, UTC.</param>
public sealed record LockHolder(string Host, int Process, string Since);

/// <summary>Another process uses the run directory.</summary>
/// <param name="folder">The run directory.</param>
/// <param name="holder">Who has it, where that is known.</param>
/// <param name="inner">The cause.</param>
public sealed class RunDirectoryInUseException(string folder, LockHolder? holder, Exception? inner = null)
    : UserException($"{folder} is in use{(holder is null ? "" : $" by process {holder.Process} on {holder.Host} since {holder.Since}")}; use another --run-dir or wait for it to end.", inner)
{
    /// <inheritdoc/>
    public override ExitCode ExitCode => ExitCode.RunDirectoryInUse;
}
