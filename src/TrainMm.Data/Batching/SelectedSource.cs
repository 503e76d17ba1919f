using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Manifests;
using TrainMm.Data.Text;

namespace TrainMm.Data.Batching;

/// <summary>What became of a source's samples.</summary>
/// <param name="Kept">Whole.</param>
/// <param name="Truncated">Kept with their end cut off.</param>
/// <param name="DroppedTooLong">Left out: too long.</param>
/// <param name="DroppedUnsupervised">Left out: nothing was left to train on.</param>
public sealed record TokenizationCounts(int Kept, int Truncated, int DroppedTooLong, int DroppedUnsupervised)
{
    /// <summary>Kept without their last questions and answers.</summary>
    public int Shortened { get; init; }

    /// <summary>How many questions, each with its answer, the shortened samples lost.</summary>
    public long DroppedTurns { get; init; }

    /// <summary>Tokens of all samples that are kept, as they are kept.</summary>
    public long Tokens { get; init; }
}

/// <summary>The samples of a source that fit, where a run leaves out those that are too long: found once by tokenising all, so that every batch is full and the run can say what it left out.</summary>
public sealed class SelectedSource : ISampleSource
{
    private readonly ISampleSource source;
    private readonly int[] kept;

    private SelectedSource(ISampleSource source, int[] kept, int[] lengths, TokenizationCounts counts)
    {
        Lengths = lengths;
        this.source = source;
        this.kept = kept;
        Counts = counts;
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData([.. Encoding.ASCII.GetBytes(source.Fingerprint), .. MemoryMarshal.AsBytes(kept.AsSpan())]));
    }

    /// <summary>What became of the samples.</summary>
    public TokenizationCounts Counts { get; }

    /// <summary>The tokens of each sample that is kept, as it is kept.</summary>
    public IReadOnlyList<int> Lengths { get; }

    /// <inheritdoc/>
    public string Name => source.Name;

    /// <inheritdoc/>
    public int Count => kept.Length;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>Tokenises every sample and keeps those that the length policy keeps.</summary>
    /// <param name="source">The samples; closed with the result.</param>
    /// <param name="tokenizer">Says what becomes of each.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="bad">Takes those that cannot be tokenised, as far as it tolerates them; null: there may be none.</param>
    /// <exception cref="DataException">A sample cannot be tokenised and is not set aside, or none is left.</exception>
    public static SelectedSource Select(ISampleSource source, ISampleTokenizer tokenizer, int workers, BadSamples? bad = null)
    {
        var faults = new DataException?[source.Count];
        var outcomes = new (TokenizationOutcome Outcome, int Length, int DroppedTurns)[source.Count];
        OrderedWork.Run(outcomes.Length, workers, i =>
        {
            try
            {
                var result = tokenizer.Tokenize(source.Read(i));
                outcomes[i] = (result.Outcome, result.Sample?.Ids.Length ?? 0, result.DroppedTurns);
            }
            catch (DataException fault) when (bad is not null)
            {
                (faults[i], outcomes[i]) = (fault, (TokenizationOutcome.Unusable, 0, 0));
            }
        });
        foreach (var (index, fault) in faults.Index())
        {
            if (fault is not null) bad!.SetAside(source.Describe(index, fault), source.Count, fault);
        }

        int[] chosen = [.. Enumerable.Range(0, outcomes.Length).Where(i => outcomes[i].Length > 0)];
        var counts = new TokenizationCounts(Of(TokenizationOutcome.Kept), Of(TokenizationOutcome.Truncated), Of(TokenizationOutcome.DroppedTooLong), Of(TokenizationOutcome.DroppedUnsupervised))
        {
            Shortened = Of(TokenizationOutcome.TurnsDropped),
            DroppedTurns = outcomes.Sum(each => (long)each.DroppedTurns),
            Tokens = outcomes.Sum(each => (long)each.Length),
        };
        return chosen.Length > 0
            ? new SelectedSource(source, chosen, [.. chosen.Select(i => outcomes[i].Length)], counts)
            : throw new DataException($"None of the {source.Count:N0} samples is left: {counts.DroppedTooLong:N0} are longer than allowed, {counts.DroppedUnsupervised:N0} have nothing to train on.", source.Name);

        int Of(TokenizationOutcome outcome) => outcomes.Count(each => each.Outcome == outcome);
    }

    /// <inheritdoc/>
    public Sample Read(int index) => source.Read(kept[index]);

    /// <inheritdoc/>
    public byte[] ReadMedium(MediumReference medium) => source.ReadMedium(medium);

    /// <inheritdoc/>
    public string? HashOf(int index) => source.HashOf(kept[index]);

    /// <inheritdoc/>
    public string OriginOf(MediumReference medium) => source.OriginOf(medium);

    /// <summary>Closes the source.</summary>
    public void Dispose() => source.Dispose();
}
