using System.Security.Cryptography;
using System.Text;
using static TorchSharp.torch;

namespace TrainMm.Models;

/// <summary>
/// A fingerprint of everything that a run must not change: SHA-256 over the name, type, shape and bytes of each parameter that is not trained.
/// Parameters are hashed side by side, so that seven billion of them take seconds.
/// </summary>
public static class FrozenHash
{
    /// <summary>Bytes brought to the CPU at a time.</summary>
    private const int BufferBytes = 16 << 20;

    /// <summary>The fingerprint, in hexadecimal.</summary>
    public static string Of(nn.Module module)
    {
        var frozen = module.named_parameters().Where(pair => !pair.parameter.requires_grad).OrderBy(pair => pair.name, StringComparer.Ordinal).ToArray();
        var hashes = new byte[frozen.Length][];
        Parallel.For(0, frozen.Length, i => hashes[i] = HashOf(frozen[i].name, frozen[i].parameter));
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var hash in hashes) all.AppendData(hash);
        return Convert.ToHexStringLower(all.GetHashAndReset());
    }

    private static byte[] HashOf(string name, Tensor parameter)
    {
        using var guard = no_grad();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{name}:{parameter.dtype}:{string.Join(',', parameter.shape)}:"));
        using var detached = parameter.detach();
        using var flat = detached.view(-1);
        var elements = flat.numel();
        var chunk = BufferBytes / parameter.element_size();
        for (var start = 0L; start < elements; start += chunk)
        {
            using var part = flat.narrow(0, start, Math.Min(chunk, elements - start));
            using var onCpu = part.cpu();
            hash.AppendData(onCpu.bytes);
        }

        return hash.GetHashAndReset();
    }
}
