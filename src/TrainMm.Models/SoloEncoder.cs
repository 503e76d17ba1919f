using System.Collections.Concurrent;
using TorchSharp;
using TrainMm.Core;
using static TorchSharp.torch;

namespace TrainMm.Models;

/// <summary>
/// Sends media through a frozen encoder one by one, so that the bits of a medium's features depend on the medium alone. On a processor each goes through on one thread, several side by side: as fast as all together on all
/// threads, and the same whatever number of threads there are.
/// </summary>
/// <param name="path">The encoder.</param>
/// <param name="device">Where it lies.</param>
public sealed class SoloEncoder(ModalityPath path, Device device) : IDisposable
{
    private readonly WorkerThreads? workers = device.type == DeviceType.CPU ? new WorkerThreads(get_num_threads()) : null;

    /// <summary>[M, ...] on the CPU → [M, N, De] on the CPU, without a graph.</summary>
    public Tensor Encode(Tensor media)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var encoded = new Tensor[media.shape[0]];
        if (workers is null)
        {
            for (var i = 0; i < encoded.Length; i++) encoded[i] = path.Encode(media.narrow(0, i, 1).to(device)).cpu();
        }
        else
        {
            EncodeSideBySide(workers, media, encoded);
        }

        var all = cat([.. encoded], 0).MoveToOuterDisposeScope();                                       // [M, N, De]
        foreach (var each in encoded) each.Dispose();
        return all;
    }

    /// <inheritdoc/>
    public void Dispose() => workers?.Dispose();

    private void EncodeSideBySide(WorkerThreads threads, Tensor media, Tensor[] encoded)
    {
        var waiting = new ConcurrentQueue<int>(Enumerable.Range(0, encoded.Length));
        var before = get_num_threads();
        try
        {
            threads.Run(Work);
        }
        finally
        {
            set_num_threads(before);
        }

        void Work()
        {
            // A thread's count is its own.
            set_num_threads(1);
            while (waiting.TryDequeue(out var i))
            {
                using var scope = NewDisposeScope();
                encoded[i] = path.Encode(media.narrow(0, i, 1)).DetachFromDisposeScope();                // [1, N, De]
            }
        }
    }
}
