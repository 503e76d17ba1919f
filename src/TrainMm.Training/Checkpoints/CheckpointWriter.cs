using System.Diagnostics;
using TorchSharp;

namespace TrainMm.Training.Checkpoints;

/// <summary>A checkpoint that is durable.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="Step">Its step.</param>
/// <param name="Duration">What writing it took.</param>
internal sealed record SavedCheckpoint(string Folder, long Step, TimeSpan Duration);

/// <summary>Writes a run's checkpoints, one at a time, beside its steps. What goes wrong there comes out at the next call.</summary>
/// <param name="store">The run's checkpoints.</param>
/// <param name="options">Which of them stay, and whether training waits.</param>
/// <param name="saved">Told of each, on the caller's thread.</param>
internal sealed class CheckpointWriter(CheckpointStore store, CheckpointOptions options, Action<SavedCheckpoint> saved) : IDisposable
{
    private Task<SavedCheckpoint>? writing;

    /// <summary>Takes a copy and begins to write it, once the one before is durable; older ones go after it is.</summary>
    /// <param name="content">The run's own tensors.</param>
    /// <param name="keepStep">A step whose checkpoint stays beside the newest, or null.</param>
    public void Begin(CheckpointContent content, long? keepStep)
    {
        Wait();
        if (!options.Background)
        {
            saved(Write(content, keepStep));
            return;
        }

        var copy = content.Copy();
        writing = Task.Factory.StartNew(
            () =>
            {
                using var scope = torch.NewDisposeScope();
                try
                {
                    return Write(copy, keepStep);
                }
                finally
                {
                    copy.Free();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Reports a checkpoint that has become durable since the last call, or throws what stood in its way.</summary>
    public void Poll()
    {
        if (writing is { IsCompleted: true }) Wait();
    }

    /// <summary>Waits until what was begun is durable.</summary>
    public void Wait()
    {
        if (writing is not { } task) return;
        writing = null;
        saved(task.GetAwaiter().GetResult());
    }

    /// <summary>Waits for the thread; what it throws was asked for by nobody.</summary>
    public void Dispose()
    {
        if (writing is { } task) Task.WaitAny(task);
        writing = null;
    }

    private SavedCheckpoint Write(CheckpointContent content, long? keepStep)
    {
        var started = Stopwatch.GetTimestamp();
        var folder = store.Save(content);
        store.Prune(options, keepStep);
        return new SavedCheckpoint(folder, content.State.Step, Stopwatch.GetElapsedTime(started));
    }
}
