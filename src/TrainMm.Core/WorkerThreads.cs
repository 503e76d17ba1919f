using System.Runtime.ExceptionServices;

namespace TrainMm.Core;

/// <summary>
/// Threads that live as long as a run and do the same work side by side, step after step. libtorch, OpenMP and the allocator keep something for every thread that ever computed:
/// with new threads in each step a run would grow with its steps.
/// </summary>
public sealed class WorkerThreads : IDisposable
{
    private readonly Barrier begun;
    private readonly Barrier done;
    private readonly Exception?[] faults;
    private readonly Thread[] threads;
    private Action? work;

    /// <summary>Starts the threads, which wait.</summary>
    /// <param name="count">How many.</param>
    public WorkerThreads(int count)
    {
        (begun, done, faults) = (new Barrier(count + 1), new Barrier(count + 1), new Exception?[count]);
        threads = [.. Enumerable.Range(0, count).Select(number => new Thread(() => Serve(number)) { IsBackground = true, Name = $"part {number}" })];
        foreach (var thread in threads) thread.Start();
    }

    /// <summary>Does a piece of work on each thread at once, and waits for all; what the first of them threw comes out.</summary>
    /// <param name="action">What each of them does.</param>
    public void Run(Action action)
    {
        work = action;
        begun.SignalAndWait();
        done.SignalAndWait();
        work = null;
        var fault = Array.Find(faults, each => each is not null);
        Array.Clear(faults);
        if (fault is not null) ExceptionDispatchInfo.Throw(fault);
    }

    /// <summary>Lets the threads end.</summary>
    public void Dispose()
    {
        begun.SignalAndWait();
        foreach (var thread in threads) thread.Join();
        begun.Dispose();
        done.Dispose();
    }

    private void Serve(int number)
    {
        while (true)
        {
            begun.SignalAndWait();
            if (work is not { } action) return;
            try
            {
                action();
            }
            catch (Exception fault)
            {
                faults[number] = fault;
            }

            done.SignalAndWait();
        }
    }
}
