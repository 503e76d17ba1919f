using System.Security.Cryptography;
using System.Text;
using TorchSharp;
using TrainMm.Models;
using TrainMm.Torch;
using TrainMm.Training.Parts;

namespace TrainMm.Training.Loop;

/// <summary>
/// A fingerprint of what a generator's targets depend on beside caption and medium: its weights by bytes, its options, the type and device, this program, libtorch, its threads, and, since processors and their libraries differ in
/// the last bits, what it makes of a few fixed inputs here.
/// </summary>
internal static class TargetFingerprint
{
    /// <summary>The fingerprint, 32 hexadecimal digits.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="modality">The generator's modality.</param>
    /// <param name="path">The generator.</param>
    /// <param name="model">Says type and device.</param>
    /// <param name="probes">What the generator makes of fixed inputs.</param>
    public static string Of(RunOptions options, string modality, OutputPath path, MultimodalModel model, IEnumerable<torch.Tensor> probes)
    {
        var generator = options.Model.Generation[modality].Generator;
        string[] lines =
        [
            generator.Kind,
            .. PartOptions.Of(generator).OrderBy(option => option.Key, StringComparer.Ordinal).Select(option => $"{option.Key}={option.Value}"),
            FrozenHash.Of(path.Generator.Module),
            $"{model.Dtype} {model.Device.type} {Runtime.Describe().Version} {(options.Train.ParallelParts > 1 ? 1 : torch.get_num_threads())}",
            typeof(MultimodalModel).Module.ModuleVersionId.ToString(),
            .. probes.Select(HashOf),
        ];
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))))[..32];
    }

    private static string HashOf(torch.Tensor probe)
    {
        using var onCpu = probe.cpu().contiguous();
        return Convert.ToHexStringLower(SHA256.HashData(onCpu.bytes));
    }
}
