using System.Diagnostics;
using System.Runtime.InteropServices;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Training.Loop;

/// <summary>
/// A request to stop. While a run steps, it polls: it ends its step, writes a checkpoint and says so. At any other time (parts are loaded, media encoded, the report written)
/// nothing would be lost, and the first signal ends the process.
/// </summary>
public sealed partial class StopSignal : IDisposable
{
    private const int SignalBase = 128;

    private readonly List<PosixSignalRegistration> registrations = [];
    private readonly Action<string> lastWords;
    private volatile string? requested;
    private long since;

    /// <summary>Listens to nothing; <see cref="Request"/> asks.</summary>
    public StopSignal()
        : this(_ => { })
    {
    }

    private StopSignal(Action<string> lastWords) => this.lastWords = lastWords;

    /// <summary>What asked for the stop, say <c>SIGTERM</c>; null as long as nothing did.</summary>
    public string? Requested => requested;

    /// <summary>Time since the request; zero as long as there is none.</summary>
    public TimeSpan Waited => requested is null ? TimeSpan.Zero : Stopwatch.GetElapsedTime(Volatile.Read(ref since));

    /// <summary>Whether somebody polls who has something to save first.</summary>
    public bool IsPolled { get; set; }

    /// <summary>Listens to SIGTERM and SIGINT: the first asks for a stop, or ends the process where nobody polls; the second ends it at once.</summary>
    /// <param name="lastWords">Told why, right before the process ends without having been asked by the run.</param>
    public static StopSignal OnTermination(Action<string> lastWords)
    {
        var signal = new StopSignal(lastWords);
        signal.Listen(PosixSignal.SIGTERM, 15);
        signal.Listen(PosixSignal.SIGINT, 2);
        return signal;
    }

    /// <summary>Asks for a stop.</summary>
    /// <param name="by">What asks.</param>
    public void Request(string by)
    {
        Volatile.Write(ref since, Stopwatch.GetTimestamp());
        requested = by;
    }

    /// <summary>For work that can be left where it is and done again.</summary>
    /// <exception cref="StopRequestedException">A stop was asked for.</exception>
    public void ThrowIfRequested()
    {
        if (requested is { } by) throw new StopRequestedException(by);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        registrations.Clear();
    }

    private void Listen(PosixSignal signal, int number) => registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        var isSecond = requested is not null;
        Request(signal.ToString());
        if (isSecond) End($"{signal} once more: ended at once. The newest checkpoint is whole; the same command goes on from there.", SignalBase + number);
        else if (!IsPolled) End($"{signal}: ended where nothing is lost by it. The same command goes on.", (int)ExitCode.Preempted);
    }));

    /// <summary>Without destructors: libtorch's threads may be at work, and would meet what is torn down.</summary>
    private void End(string why, int code)
    {
        lastWords(why);
        if (OperatingSystem.IsWindows()) Environment.Exit(code);
        else EndProcess(code);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void EndProcess(int code);
}

/// <summary>A stop was asked for in the middle of work that can be left where it is.</summary>
/// <param name="by">What asked.</param>
public sealed class StopRequestedException(string by) : UserException($"{by}: stopped.")
{
    /// <inheritdoc/>
    public override ExitCode ExitCode => ExitCode.Preempted;
}
