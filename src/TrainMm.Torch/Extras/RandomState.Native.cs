using TorchSharp;

namespace TrainMm.Torch;

public sealed partial class RandomState
{
    private static partial byte[][] CaptureCuda()
    {
        var states = new byte[torch.cuda.device_count()][];
        for (var i = 0; i < states.Length; i++)
        {
            using var generator = torch.Generator.DefaultOf(new torch.Device(DeviceType.CUDA, i));
            using var state = generator.get_state();
            states[i] = state.bytes.ToArray();
        }

        return states;
    }

    private static partial void RestoreCuda(byte[][] states)
    {
        for (var i = 0; i < Math.Min(states.Length, torch.cuda.device_count()); i++)
        {
            using var generator = torch.Generator.DefaultOf(new torch.Device(DeviceType.CUDA, i));
            using var state = torch.tensor(states[i]);
            generator.set_state(state);
        }
    }
}
