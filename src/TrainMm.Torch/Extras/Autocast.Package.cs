using TorchSharp;

namespace TrainMm.Torch;

public static partial class Autocast
{
    private const bool Supported = false;

    internal static partial (bool Enabled, torch.ScalarType Dtype) State(DeviceType device) => (false, torch.ScalarType.Float32);

    private static partial void Set(DeviceType device, bool enabled, torch.ScalarType dtype) => throw new NotSupportedException();

    private static partial void Nest(int change) => throw new NotSupportedException();
}
