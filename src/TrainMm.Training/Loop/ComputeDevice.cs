using TorchSharp;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Training.Loop;

/// <summary>Finds the device that the configuration asks for.</summary>
internal static class ComputeDevice
{
    /// <summary>The device.</summary>
    /// <exception cref="ConfigurationException">The configuration asks for CUDA, and libtorch finds none.</exception>
    public static torch.Device Of(RunOptions options)
    {
        var hasCuda = options.Device != DeviceChoice.Cpu && torch.cuda.is_available();
        if (options.Device == DeviceChoice.Cuda && !hasCuda)
            throw OptionSource.Error(options, nameof(RunOptions.Device), "libtorch finds no CUDA device", "device: cpu runs without one; trainmm doctor shows what libtorch is used");
        return hasCuda ? torch.CUDA : torch.CPU;
    }
}
