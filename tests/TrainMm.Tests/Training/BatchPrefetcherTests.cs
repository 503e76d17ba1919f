using TrainMm.Core;
using TrainMm.Core.Diagnostics;
using TrainMm.Tests.Torch;
using TrainMm.Training.Loop;
using TrainMm.Training.Parts;

namespace TrainMm.Tests.Training;

[Collection(ProcessWide.Name)]
public sealed class BatchPrefetcherTests : IDisposable
{
    private const int Size = 4;
    private readonly TinyRun run = new();
    private readonly OpenDataSet set;
    private readonly SemaphoreSlim begun = new(0);
    private int loads;

    public BatchPrefetcherTests()
    {
        var options = run.Options("pretrain.yaml");
        using var model = ModelAssembly.Build(options, ["image.input_projector"]);
        set = new DataAssembly(options, model).OpenTraining(_ => { });
    }

    public void Dispose()
    {
        set.Dispose();
        run.Dispose();
        begun.Dispose();
    }

    [Fact]
    public void BatchesComeInOrderAndNoneMore()
    {
        var threads = TorchSharp.torch.get_num_threads();
        using (var batches = new BatchPrefetcher(Load, Size, 8, 24))
        {
            for (var position = 8; position < 24; position += Size)
            {
                using var expected = set.Batches.Load(position, Size);
                using var taken = batches.Take(position);
                Assert.Equal(expected.Hash, taken.Hash);
            }
        }

        Assert.Equal((4, threads), (loads, TorchSharp.torch.get_num_threads()));
    }

    [Fact]
    public void TheQueueIsBoundedAndWhatIsLeftInItIsFreed()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = TrainMm.Torch.TensorCount.Live;
        using (var batches = new BatchPrefetcher(Load, Size, 0, 1_000_000))
        {
            batches.Take(0).Dispose();

            // One was taken, one waits, one is held until there is room: a fourth is not begun.
            for (var i = 0; i < 3; i++) begun.Wait();
            Assert.False(begun.Wait(TimeSpan.FromMilliseconds(50)));
        }

        Assert.Equal((3, before), (loads, TrainMm.Torch.TensorCount.Live));
    }

    [Fact]
    public void AFaultComesOutWhereItsBatchIsAskedFor()
    {
        using var batches = new BatchPrefetcher((position, count) => position == 4 ? throw new DataException("spoilt") : Load(position, count), Size, 0, 24);
        batches.Take(0).Dispose();
        Assert.Equal("spoilt", Assert.Throws<DataException>(() => batches.Take(4)).Message);
        Assert.Equal(1, loads);
    }

    [Fact]
    public void AnotherBatchThanTheNextIsRefused()
    {
        using var batches = new BatchPrefetcher(Load, Size, 0, 24);
        Assert.Contains("the one at 0 is next", Assert.Throws<InvalidOperationException>(() => batches.Take(4)).Message, StringComparison.Ordinal);
    }

    private Batch Load(long position, int count)
    {
        Interlocked.Increment(ref loads);
        begun.Release();
        return set.Batches.Load(position, count);
    }
}
