namespace TrainMm.Torch.Interop;

internal static partial class Aten
{
    internal static readonly Operator PinMemory = new("aten::pin_memory");
    internal static readonly Operator ToDevice = new("aten::to", "device");
}
