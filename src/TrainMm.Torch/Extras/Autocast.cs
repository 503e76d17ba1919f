using TorchSharp;

namespace TrainMm.Torch;

/// <summary>
/// Automatic mixed precision: within a scope, operations that gain from it cast their inputs to a narrower type by themselves, and those
/// that need it stay in float32. Gradients reach the parameters in the parameters' type. TorchSharp lacks it.
/// </summary>
public static partial class Autocast
{
    /// <summary>Gets a value indicating whether the engine in use has it; the TorchSharp packages do not.</summary>
    public static bool IsSupported => Supported;

    /// <summary>Whether it is on, on this thread.</summary>
    /// <param name="device">CPU or CUDA.</param>
    public static bool IsEnabled(DeviceType device) => State(device).Enabled;

    /// <summary>Switches it on, or off, until the result is disposed on the same thread.</summary>
    /// <param name="device">CPU or CUDA.</param>
    /// <param name="dtype">The narrower type; the CPU takes bfloat16 only.</param>
    /// <param name="enabled">False to leave it within an outer scope.</param>
    /// <returns>The scope's end.</returns>
    /// <exception cref="NotSupportedException">The engine in use lacks it.</exception>
    public static IDisposable Enter(DeviceType device, torch.ScalarType dtype = torch.ScalarType.BFloat16, bool enabled = true)
    {
        if (!IsSupported)
        {
            throw new NotSupportedException("The TorchSharp packages have no autocast: set model.dtype instead.");
        }

        return new Scope(device, dtype, enabled);
    }

    /// <summary>The switch on this thread, to restore it elsewhere.</summary>
    internal static partial (bool Enabled, torch.ScalarType Dtype) State(DeviceType device);

    private static partial void Set(DeviceType device, bool enabled, torch.ScalarType dtype);

    private static partial void Nest(int change);

    private sealed class Scope : IDisposable
    {
        private readonly DeviceType device;
        private readonly (bool Enabled, torch.ScalarType Dtype) before;
        private bool disposed;

        public Scope(DeviceType device, torch.ScalarType dtype, bool enabled)
        {
            this.device = device;
            before = State(device);
            Set(device, enabled, dtype);
            Nest(1);
        }

        public void Dispose()
        {
            if (disposed) return;
            disposed = true;
            Nest(-1);
            Set(device, before.Enabled, before.Dtype);
        }
    }
}
