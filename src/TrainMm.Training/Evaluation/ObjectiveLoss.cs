using TorchSharp;
using TrainMm.Data.Batching;
using TrainMm.Models;
using TrainMm.Training.Loop;
using TrainMm.Training.Objectives;

namespace TrainMm.Training.Evaluation;

/// <summary>
/// Held-out loss of objectives, such as those of a run that is not trained to generate text: what they make of the samples, in batches of a fixed size and order, since an objective that compares samples depends on which stand side by side.
/// What is drawn at random is drawn as in a first step, so that the figures of a run can be compared.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="objectives">The objectives.</param>
/// <param name="source">The samples.</param>
/// <param name="features">What frozen encoders made of media.</param>
/// <param name="batchSize">Samples of a batch.</param>
/// <param name="seed">The run's seed.</param>
/// <param name="poll">Called between batches; what it throws comes out. Null: nothing is asked.</param>
internal sealed class ObjectiveLoss(MultimodalModel model, ObjectiveSet objectives, BatchSource source, FrozenFeatures features, int batchSize, long seed, Action? poll = null)
{
    /// <summary>Takes the loss with the samples' own media and with others', where samples show some; else with what others' answers make.</summary>
    /// <param name="samples">Indices of the samples.</param>
    /// <returns>Null where no sample has a target.</returns>
    public HeldOutLoss? Measure(IReadOnlyList<int> samples)
    {
        if (LossOf([.. samples.Select(ScoreItem.Own)]) is not { } loss) return null;
        var exchanged = MediaShuffle.Exchange(source.Samples, samples) ?? MediaShuffle.ExchangeMade(source.Samples, samples);
        return new HeldOutLoss(samples.Count, loss, exchanged is null ? null : LossOf(exchanged));
    }

    /// <summary>Takes each objective's loss, averaged over its targets and not weighted, with what the samples' answers make and with what others' do.</summary>
    /// <param name="samples">Indices of the samples.</param>
    /// <returns>By the objective's kind; none of those without targets.</returns>
    public IReadOnlyDictionary<string, ObjectiveResult> MeasureEach(IReadOnlyList<int> samples)
    {
        var (sums, counts) = SumsOf([.. samples.Select(ScoreItem.Own)]);
        var shuffled = MediaShuffle.ExchangeMade(source.Samples, samples) is { } exchanged ? SumsOf(exchanged).Sums : null;
        return objectives.Items.Select((item, i) => (item.Kind, Index: i)).Where(pair => counts[pair.Index] > 0).ToDictionary(
            pair => pair.Kind,
            pair => new ObjectiveResult((int)counts[pair.Index], sums[pair.Index] / counts[pair.Index], shuffled?[pair.Index] / counts[pair.Index]),
            StringComparer.Ordinal);
    }

    private double? LossOf(IReadOnlyList<ScoreItem> items)
    {
        var (sums, counts) = SumsOf(items);
        return counts.Any(count => count > 0) ? objectives.LossOf(sums, counts) : null;
    }

    private (double[] Sums, long[] Counts) SumsOf(IReadOnlyList<ScoreItem> items)
    {
        var sums = new double[objectives.Items.Count];
        var counts = new long[objectives.Items.Count];
        foreach (var (index, part) in items.Chunk(batchSize).Index()) Add(part, index * batchSize, sums, counts);
        return (sums, counts);
    }

    private void Add(ScoreItem[] items, int first, double[] sums, long[] counts)
    {
        poll?.Invoke();
        using var scope = torch.NewDisposeScope();
        using var guard = torch.no_grad();
        using var loaded = source.LoadSamples([.. items.Select(item => item.Sample)], [.. items.Select(item => item.MediaFrom)], [.. items.Select(item => item.MadeFrom ?? item.Sample)]);
        if (!objectives.HasTargets(loaded)) return;
        torch.manual_seed(RandomKey.Of(seed, 0, first));
        var mine = objectives.CountsOf(loaded);
        var measured = objectives.Compute(model, features.Complete(loaded), mine, RandomKey.Of(seed, 0, [.. Enumerable.Range(first, items.Length)])).Read();
        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] += measured[i];
            counts[i] += mine[i];
        }
    }
}
