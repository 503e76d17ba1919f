using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

[Collection(ProcessWide.Name)]
public sealed class TensorMemoryTests
{
    [Fact]
    public void ItIsCountedAndFallsWhenTensorsAreFreed()
    {
        const long Bytes = 64L << 20;
        const long Others = 8L << 20; // what else of the process comes and goes
        var before = MemoryStatistics.TensorBytes(CPU)!.Value;
        using (var tensor = ones(Bytes / sizeof(float))) Assert.InRange(MemoryStatistics.TensorBytes(CPU)!.Value - before, Bytes - Others, Bytes + Others);
        Assert.InRange(MemoryStatistics.TensorBytes(CPU)!.Value - before, -Others, Others);
    }
}
