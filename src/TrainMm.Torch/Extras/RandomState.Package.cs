namespace TrainMm.Torch;

public sealed partial class RandomState
{
    // TorchSharp's default generators of CUDA devices are out of reach of its public API.
    private static partial byte[][] CaptureCuda() => [];

    private static partial void RestoreCuda(byte[][] states)
    {
    }
}
