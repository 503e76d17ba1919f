using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace TrainMm.Data.Batching;

/// <summary>SHA-256 of what a batch was made of: for each sample its id, a zero byte, the number of its tokens and their ids (32 bits each, little endian).</summary>
internal static class BatchHash
{
    internal static string Of(IReadOnlyList<CollatedSample> samples)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var sample in samples)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(sample.Id));
            hash.AppendData([0]);
            hash.AppendData(BitConverter.GetBytes(sample.Tokens.Ids.Length));
            hash.AppendData(MemoryMarshal.AsBytes(sample.Tokens.Ids.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}
