using TorchSharp;
using TrainMm.Torch.Interop;

namespace TrainMm.Torch;

public static partial class Autocast
{
    private const bool Supported = true;

    internal static partial (bool Enabled, torch.ScalarType Dtype) State(DeviceType device) =>
        (NativeMethods.tm_autocast_enabled((int)device) != 0, (torch.ScalarType)NativeMethods.tm_autocast_dtype((int)device));

    private static partial void Set(DeviceType device, bool enabled, torch.ScalarType dtype) =>
        Status.Check(NativeMethods.tm_autocast_set((int)device, enabled ? 1 : 0, (int)dtype));

    private static partial void Nest(int change)
    {
        if (change > 0)
        {
            NativeMethods.tm_autocast_enter();
        }
        else
        {
            NativeMethods.tm_autocast_leave();
        }
    }
}
