using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using TorchSharp;
using TrainMm.Core;

namespace TrainMm.Training.Loop;

/// <summary>
/// Loads the batches of the next steps on a thread of its own while the step at hand is computed: a bounded queue, so that memory does not grow where loading is faster. What is loaded depends on the position alone, never on the thread.
/// </summary>
internal sealed class BatchPrefetcher : IDisposable
{
    /// <summary>Batches that wait in the queue, beside the one that is being loaded: one evens out what batches take, more would only cost memory.</summary>
    private const int Waiting = 1;

    private readonly BlockingCollection<Loaded> queue = new(Waiting);
    private readonly CancellationTokenSource ended = new();
    private readonly Thread thread;

    /// <summary>Begins to load.</summary>
    /// <param name="load">Loads the batch that begins at a position.</param>
    /// <param name="size">Samples of a batch.</param>
    /// <param name="first">The position of the first batch.</param>
    /// <param name="end">No batch begins at or behind this position.</param>
    public BatchPrefetcher(Func<long, int, Batch> load, int size, long first, long end)
    {
        var threads = torch.get_num_threads();
        using var isSet = new ManualResetEventSlim();
        thread = new Thread(() =>
        {
            // Putting tensors side by side needs no help; the processors are for the step. A thread's count is its own.
            torch.set_num_threads(1);
            isSet.Set();
            LoadAll(load, size, first, end);
        })
        {
            IsBackground = true,
            Name = "batches",
        };
        thread.Start();
        isSet.Wait();
        torch.set_num_threads(threads);
    }

    /// <summary>How long the last batch was waited for.</summary>
    public TimeSpan LastWait { get; private set; }

    /// <summary>The next batch, or what went wrong with it.</summary>
    /// <param name="position">Where it begins: batches come one after the other.</param>
    public Batch Take(long position)
    {
        var started = Stopwatch.GetTimestamp();
        var loaded = queue.Take();
        LastWait = Stopwatch.GetElapsedTime(started);
        if (loaded.Fault is { } fault) fault.Throw();
        return loaded.Position == position ? loaded.Batch! : throw new InvalidOperationException($"The batch at {position} was asked for, the one at {loaded.Position} is next.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ended.Cancel();
        thread.Join();
        foreach (var left in queue) left.Batch?.Dispose();
        queue.Dispose();
        ended.Dispose();
    }

    private void LoadAll(Func<long, int, Batch> load, int size, long first, long end)
    {
        for (var position = first; position < end && !ended.IsCancellationRequested; position += size)
        {
            var loaded = Load(load, size, position);
            try
            {
                queue.Add(loaded, ended.Token);
            }
            catch (OperationCanceledException)
            {
                loaded.Batch?.Dispose();
            }

            // What follows a batch that cannot be loaded is not asked for.
            if (loaded.Fault is not null) return;
        }
    }

    private static Loaded Load(Func<long, int, Batch> load, int size, long position)
    {
        try
        {
            return new Loaded(position, load(position, size), null);
        }
        catch (Exception fault)
        {
            return new Loaded(position, null, ExceptionDispatchInfo.Capture(fault));
        }
    }

    private sealed record Loaded(long Position, Batch? Batch, ExceptionDispatchInfo? Fault);
}
