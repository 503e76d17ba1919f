using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace TrainMm.Training.Evaluation;

/// <summary>Numbers from texts that are the same on every machine and in every run: the only randomness in evaluation.</summary>
internal static class StableHash
{
    /// <summary>A number for a text.</summary>
    public static ulong Of(string text) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
