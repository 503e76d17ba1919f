using TrainMm.Core;

namespace TrainMm.Training.Loop;

/// <summary>Loads the next step's batch on another thread while the step at hand is computed. What is loaded depends on the position alone, never on the thread.</summary>
/// <param name="load">Loads the batch that begins at a position.</param>
/// <param name="size">Samples of a batch.</param>
internal sealed class BatchPrefetcher(Func<long, int, Batch> load, int size) : IDisposable
{
    private (long Position, Task<Batch> Task)? ahead;

    /// <summary>The batch at a position; the next one is begun.</summary>
    /// <param name="position">The batch's first sample.</param>
    /// <param name="end">No batch begins at or behind this position.</param>
    public Batch Take(long position, long end)
    {
        var task = ahead is { } begun && begun.Position == position ? begun.Task : Begin(position);
        var next = position + size;
        ahead = null;
        var batch = task.GetAwaiter().GetResult();
        if (next < end) ahead = (next, Begin(next));
        return batch;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (ahead is not { } begun) return;
        ahead = null;
        begun.Task.ContinueWith(
            static task =>
            {
                if (task.IsCompletedSuccessfully) task.Result.Dispose();
                else _ = task.Exception;
            },
            TaskScheduler.Default).Wait();
    }

    private Task<Batch> Begin(long position) => Task.Run(() => load(position, size));
}
