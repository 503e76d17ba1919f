using System.Security.Cryptography;
using System.Text;
using TorchSharp;
using TrainMm.Core.Config;
using TrainMm.Models;
using TrainMm.Torch;
using TrainMm.Training.Parts;

namespace TrainMm.Training.Caches;

/// <summary>
/// A fingerprint of what a frozen part's outputs depend on beside their inputs: its weights by bytes, its options, the type and device, this program, libtorch, the threads that it runs on, and, since processors and their
/// libraries differ in the last bits, what it makes of a few fixed inputs here.
/// </summary>
internal static class KeptFingerprint
{
    /// <summary>The fingerprint, 32 hexadecimal digits.</summary>
    /// <param name="part">The part's kind and options.</param>
    /// <param name="module">Its weights.</param>
    /// <param name="model">Says type and device.</param>
    /// <param name="threads">Threads that an operation of it runs on.</param>
    /// <param name="probes">What it makes of fixed inputs.</param>
    public static string Of(Component part, torch.nn.Module module, MultimodalModel model, int threads, IEnumerable<torch.Tensor> probes)
    {
        string[] lines =
        [
            part.Kind,
            .. PartOptions.Of(part).OrderBy(option => option.Key, StringComparer.Ordinal).Select(option => $"{option.Key}={option.Value}"),
            FrozenHash.Of(module),
            $"{model.Dtype} {model.Device.type} {Runtime.Describe().Version} {threads}",
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
