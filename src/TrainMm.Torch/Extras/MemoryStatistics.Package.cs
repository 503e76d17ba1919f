namespace TrainMm.Torch;

public readonly partial record struct MemoryStatistics
{
    private static partial long? ReadHeap() => null;

    private static partial MemoryStatistics? ReadCuda(int device) => null;

    private static partial void ResetCuda(int device)
    {
    }
}
