using TorchSharp;

namespace TrainMm.Torch;

public static partial class Runtime
{
    private static partial RuntimeFacts ReadFacts() =>
        new("TorchSharp packages", torch.__version__, string.Empty, true, torch.cuda.device_count(), "the packages' own", torch.get_num_threads(), string.Empty);

    private static partial bool FindOperator(string name, string overload) => false;

    // TorchSharp's setter throws.
    private static partial bool SetDeterministic(bool enabled) => false;
}
