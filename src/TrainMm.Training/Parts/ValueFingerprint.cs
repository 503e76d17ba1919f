using System.Security.Cryptography;
using System.Text;
using TorchSharp;

namespace TrainMm.Training.Parts;

/// <summary>A fingerprint of a part's weights by value: SHA-256 over the names, shapes and values rounded to bfloat16, so that it does not depend on the type that they were loaded as.</summary>
internal static class ValueFingerprint
{
    /// <summary>The fingerprint, lower-case hex.</summary>
    /// <param name="parameters">Name → values.</param>
    public static string Of(IEnumerable<(string Name, torch.Tensor Values)> parameters)
    {
        var ordered = parameters.OrderBy(parameter => parameter.Name, StringComparer.Ordinal).ToArray();
        var lines = new string[ordered.Length];
        Parallel.For(0, ordered.Length, i => lines[i] = Line(ordered[i].Name, ordered[i].Values));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines))));
    }

    private static string Line(string name, torch.Tensor values)
    {
        using var scope = torch.NewDisposeScope();
        using var guard = torch.no_grad();
        var rounded = values.detach().to_type(torch.bfloat16).cpu().contiguous();
        return $"{name} [{string.Join(',', rounded.shape)}] {Convert.ToHexStringLower(SHA256.HashData(rounded.bytes))}\n";
    }
}
