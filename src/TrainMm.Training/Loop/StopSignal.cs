using System.Runtime.InteropServices;

namespace TrainMm.Training.Loop;

/// <summary>A request to stop after the step at hand. The loop polls it once a step.</summary>
public sealed class StopSignal : IDisposable
{
    private readonly List<PosixSignalRegistration> registrations = [];
    private volatile string? requested;

    /// <summary>What asked for the stop, say <c>SIGTERM</c>; null as long as nothing did.</summary>
    public string? Requested => requested;

    /// <summary>Listens to SIGTERM and SIGINT: the first asks for a stop, the second ends the process as if nobody listened.</summary>
    public static StopSignal OnTermination()
    {
        var signal = new StopSignal();
        signal.Listen(PosixSignal.SIGTERM);
        signal.Listen(PosixSignal.SIGINT);
        return signal;
    }

    /// <summary>Asks for a stop.</summary>
    /// <param name="by">What asks.</param>
    public void Request(string by) => requested = by;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        registrations.Clear();
    }

    private void Listen(PosixSignal signal) => registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        if (requested is not null) return;
        context.Cancel = true;
        Request(signal.ToString());
    }));
}
