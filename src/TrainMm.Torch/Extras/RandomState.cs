using TorchSharp;

namespace TrainMm.Torch;

/// <summary>The states of libtorch's generators: the CPU's, and each CUDA device's where the engine can reach them.</summary>
public sealed partial class RandomState
{
    private readonly byte[] cpu;
    private readonly byte[][] cuda;

    /// <summary>Initializes a new instance of the <see cref="RandomState"/> class from saved bytes.</summary>
    /// <param name="cpu">The CPU generator's state.</param>
    /// <param name="cuda">The CUDA generators' states, by device; may be empty.</param>
    public RandomState(byte[] cpu, IReadOnlyList<byte[]> cuda)
    {
        this.cpu = cpu;
        this.cuda = [.. cuda];
    }

    /// <summary>Gets the CPU generator's state, as libtorch writes it.</summary>
    public ReadOnlyMemory<byte> Cpu => cpu;

    /// <summary>Gets the CUDA generators' states, by device.</summary>
    public IReadOnlyList<byte[]> Cuda => cuda;

    /// <summary>Copies the generators' present states.</summary>
    public static RandomState Capture()
    {
        using var state = torch.get_rng_state();
        return new RandomState(state.bytes.ToArray(), CaptureCuda());
    }

    /// <summary>Puts the generators into these states: what is drawn next is bitwise what was drawn then.</summary>
    /// <exception cref="System.Runtime.InteropServices.ExternalException">The bytes are no state of this libtorch.</exception>
    public void Restore()
    {
        using var state = torch.tensor(cpu);
        torch.set_rng_state(state);
        RestoreCuda(cuda);
    }

    private static partial byte[][] CaptureCuda();

    private static partial void RestoreCuda(byte[][] states);
}
