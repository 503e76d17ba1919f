using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using static TorchSharp.torch;

namespace TrainMm.Core.Kept;

/// <summary>What a tensor was made of: SHA-256 over its purpose and over type, shape and bytes of the ids or the prepared medium. So whatever changes them, be it tokenizer, decoder or preparation, changes the key.</summary>
/// <param name="High">The first half.</param>
/// <param name="Low">The second half.</param>
public readonly record struct TensorKey(UInt128 High, UInt128 Low)
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = 32;

    /// <summary>The key of a tensor.</summary>
    /// <param name="purpose">What is made of the input, so that two things that are made of the same are told apart.</param>
    /// <param name="input">On the CPU, contiguous.</param>
    public static TensorKey Of(string purpose, Tensor input)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{purpose}:{input.dtype}:{string.Join(',', input.shape)}:"));
        hash.AppendData(input.bytes);
        return Read(hash.GetHashAndReset());
    }

    /// <summary>Reads a key's bytes.</summary>
    public static TensorKey Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]));

    /// <summary>Writes the key's bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt128BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt128BigEndian(bytes[16..], Low);
    }
}
