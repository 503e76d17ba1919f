using TrainMm.Core.Diagnostics;
using TrainMm.Data.Batching;
using TrainMm.Data.Manifests;
using TrainMm.Data.Mixtures;
using TrainMm.Data.Text;
using TrainMm.Data.Text.Templates;

namespace TrainMm.Training.Loop;

/// <summary>A data set with the way from its rows to batches.</summary>
/// <param name="Source">The rows.</param>
/// <param name="Batches">The batches.</param>
/// <param name="Template">How its conversations become text; of a mixture, the run's own.</param>
internal sealed record OpenDataSet(ISampleSource Source, BatchSource Batches, ChatTemplate Template) : IDisposable
{
    /// <summary>What it is made of, with the samples of each part in an epoch.</summary>
    public IReadOnlyList<(PreparedSet Set, long SamplesPerEpoch)> Parts { get; init; } = [];

    /// <summary>What each part gives to an epoch; lengths are measured here.</summary>
    public IReadOnlyList<MixtureRow> Measure() => [.. Parts.Select(part => part.Set.Measure(part.SamplesPerEpoch))];

    /// <inheritdoc/>
    public void Dispose() => Source.Dispose();
}

/// <summary>A manifest's samples that can be trained on, with the texts round them.</summary>
/// <param name="Source">The samples.</param>
/// <param name="Tokenizer">Conversations → ids, labels and spans.</param>
/// <param name="Template">How conversations become text.</param>
/// <param name="Counts">What became of all samples where all were tokenised, else null.</param>
/// <param name="Bad">Takes the samples that cannot be used; null: there may be none.</param>
internal sealed record PreparedSet(ISampleSource Source, ISampleTokenizer Tokenizer, ChatTemplate Template, TokenizationCounts? Counts, BadSamples? Bad)
{
    private const int MeasuredRows = 256;

    /// <summary>Lengths of all samples where they are known, else of a few, evenly spread.</summary>
    public MixtureRow Measure(long samplesPerEpoch)
    {
        if (Counts is { } counts) return new MixtureRow(Source.Name, Source.Count, samplesPerEpoch, (double)counts.Tokens / Source.Count, Source.Count);
        var rows = Math.Min(MeasuredRows, Source.Count);
        var tokens = Enumerable.Range(0, rows).Sum(i => LengthOf((int)((long)i * Source.Count / rows)));
        return new MixtureRow(Source.Name, Source.Count, samplesPerEpoch, (double)tokens / rows, rows);
    }

    /// <summary>A sample that cannot be used is set aside when its turn comes.</summary>
    private long LengthOf(int index)
    {
        try
        {
            return Tokenizer.Tokenize(Source.Read(index)).UncutLength;
        }
        catch (DataException fault) when (Bad is not null && !fault.EndsRun)
        {
            return 0;
        }
    }
}
