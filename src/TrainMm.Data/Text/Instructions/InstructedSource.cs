using System.Security.Cryptography;
using System.Text;
using TrainMm.Data.Manifests;

namespace TrainMm.Data.Text.Instructions;

/// <summary>A data set whose questions are put in several ways.</summary>
/// <param name="source">The samples; closed with this source.</param>
/// <param name="texts">The ways.</param>
public sealed class InstructedSource(ISampleSource source, InstructionTexts texts) : ISampleSource
{
    /// <inheritdoc/>
    public string Name => source.Name;

    /// <inheritdoc/>
    public int Count => source.Count;

    /// <inheritdoc/>
    public string Fingerprint { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{source.Fingerprint}\n{texts.Fingerprint}")));

    /// <inheritdoc/>
    public Sample Read(int index) => texts.Apply(source.Read(index), index);

    /// <inheritdoc/>
    public byte[] ReadMedium(MediumReference medium) => source.ReadMedium(medium);

    /// <inheritdoc/>
    public string? HashOf(int index) => source.HashOf(index);

    /// <inheritdoc/>
    public string OriginOf(MediumReference medium) => source.OriginOf(medium);

    /// <summary>Closes the source.</summary>
    public void Dispose() => source.Dispose();
}
