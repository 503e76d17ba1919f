using System.Runtime.ExceptionServices;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Batching;

/// <summary>Work on numbered items by several threads, with the outcome of one.</summary>
internal static class OrderedWork
{
    /// <summary>Does all items. Of several faults the one that stands first is thrown, so that a run says the same whatever its threads do.</summary>
    /// <exception cref="DataException">The first item's fault.</exception>
    internal static void Run(int count, int workers, Action<int> body)
    {
        if (workers <= 1 || count == 1)
        {
            for (var i = 0; i < count; i++) body(i);
            return;
        }

        var faults = new ExceptionDispatchInfo?[count];
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = workers }, i =>
        {
            try
            {
                body(i);
            }
            catch (DataException fault)
            {
                faults[i] = ExceptionDispatchInfo.Capture(fault);
            }
        });
        Array.Find(faults, fault => fault is not null)?.Throw();
    }
}
