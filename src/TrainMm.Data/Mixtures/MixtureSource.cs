using System.Security.Cryptography;
using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Manifests;

namespace TrainMm.Data.Mixtures;

/// <summary>Several data sets, one after the other; which samples of them an epoch has, and in which order, is <see cref="MixtureOrder"/>'s to say.</summary>
public sealed class MixtureSource : ISampleSource
{
    private readonly IReadOnlyList<ISampleSource> parts;
    private readonly int[] starts;

    /// <summary>Joins data sets.</summary>
    /// <param name="parts">The sets; closed with this source.</param>
    /// <param name="counts">Samples of each in an epoch.</param>
    /// <exception cref="DataException">There are more rows than can be counted, or two sets have the same name.</exception>
    public MixtureSource(IReadOnlyList<ISampleSource> parts, IReadOnlyList<long> counts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(counts);
        this.parts = parts;
        Name = string.Join(" + ", parts.Select(part => part.Name));
        if (parts.GroupBy(part => part.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new DataException($"Two data sets of the mixture are called '{twice.Key}'; give each manifest its own name.");
        if (parts.Sum(part => (long)part.Count) > int.MaxValue) throw new DataException($"The data sets have more than {int.MaxValue:N0} rows together.", Name);
        starts = new int[parts.Count];
        for (var i = 1; i < starts.Length; i++) starts[i] = starts[i - 1] + parts[i - 1].Count;
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts.Select((part, i) => $"{part.Fingerprint} {counts[i]}")))));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int Count => starts[^1] + parts[^1].Count;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public string? HashOf(int index)
    {
        var part = PartAt(index);
        return parts[part].HashOf(index - starts[part]);
    }

    /// <inheritdoc/>
    public Sample Read(int index)
    {
        var part = PartAt(index);
        var sample = parts[part].Read(index - starts[part]);
        return sample with
        {
            Id = $"{parts[part].Name}/{sample.Id}",
            Part = part,
            Turns = [.. sample.Turns.Select(turn => turn with { Parts = [.. turn.Parts.Select(each => PartOf(each, part))] })],
        };
    }

    /// <inheritdoc/>
    public byte[] ReadMedium(MediumReference medium)
    {
        ArgumentNullException.ThrowIfNull(medium);
        return parts[medium.Part].ReadMedium(medium);
    }

    /// <inheritdoc/>
    public string OriginOf(MediumReference medium)
    {
        ArgumentNullException.ThrowIfNull(medium);
        return parts[medium.Part].OriginOf(medium);
    }

    private int PartAt(int index) => Array.BinarySearch(starts, index) is var found && found >= 0 ? found : ~found - 1;

    /// <summary>A piece of a turn whose medium knows which set it is of.</summary>
    private static Part PartOf(Part piece, int part) => piece switch
    {
        MediumPart { Medium: var medium } => new MediumPart(medium with { Part = part }),
        SignalPart { Target: { } target } signal => signal with { Target = target with { Part = part } },
        _ => piece,
    };

    /// <summary>Closes the data sets.</summary>
    public void Dispose()
    {
        foreach (var part in parts) part.Dispose();
    }
}
