using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static IDisposable no_grad() => new GradModeScope(false);

    public static IDisposable enable_grad(bool enabled = true) => new GradModeScope(enabled);

    public static IDisposable set_grad_enabled(bool mode = true) => new GradModeScope(mode);

    public static bool is_grad_enabled() => NativeMethods.tm_grad_enabled() != 0;

    public static IDisposable inference_mode(bool mode = true) => new InferenceModeScope(mode);

    public static bool is_inference_mode_enabled() => NativeMethods.tm_inference_enabled() != 0;

    private sealed class GradModeScope : IDisposable
    {
        private readonly bool before = is_grad_enabled();
        private bool disposed;

        public GradModeScope(bool enabled) => NativeMethods.tm_set_grad_enabled(enabled ? 1 : 0);

        public void Dispose()
        {
            if (!disposed)
            {
                disposed = true;
                NativeMethods.tm_set_grad_enabled(before ? 1 : 0);
            }
        }
    }

    private sealed class InferenceModeScope(bool enabled) : IDisposable
    {
        private nint guard = NativeMethods.tm_inference_enter(enabled ? 1 : 0);

        public void Dispose()
        {
            var owned = Interlocked.Exchange(ref guard, 0);
            if (owned != 0)
            {
                NativeMethods.tm_inference_leave(owned);
            }
        }
    }
}
