using TorchSharp;
using TrainMm.Core;
using TrainMm.Data.Batching;
using TrainMm.Models;
using TrainMm.Training.Loop;
using TrainMm.Training.Objectives;

namespace TrainMm.Training.Evaluation;

/// <summary>What the model thinks of one sample's supervised tokens, each given the right ones before it.</summary>
/// <param name="NegativeLogLikelihood">Summed over the tokens, nats.</param>
/// <param name="Tokens">How many there are.</param>
/// <param name="IsExact">Whether each of them is the likeliest.</param>
internal readonly record struct SampleScore(double NegativeLogLikelihood, int Tokens, bool IsExact);

/// <summary>A sample to score, and whose media it is given.</summary>
/// <param name="Sample">Index in the source.</param>
/// <param name="MediaFrom">Index of the sample whose media it gets, its own for a fair score; null for its text alone, without media and their places.</param>
internal readonly record struct ScoreItem(int Sample, int? MediaFrom)
{
    /// <summary>Index of the sample whose captions and media that are to be made stand in for its own, where an objective compares with them; null: its own.</summary>
    public int? MadeFrom { get; init; }

    /// <summary>A sample with its own media.</summary>
    public static ScoreItem Own(int sample) => new(sample, sample);

    /// <summary>A sample's text without its media.</summary>
    public static ScoreItem TextAlone(int sample) => new(sample, null);
}

/// <summary>Scores samples without changing anything. It remembers what it has scored, so it is of no use any more once the model has changed.</summary>
/// <param name="model">The model.</param>
/// <param name="source">The samples.</param>
/// <param name="features">What frozen encoders made of media; the encoders do not change, so it may outlive the scorer.</param>
/// <param name="batchSize">Samples that go through the model at once.</param>
/// <param name="chunk">Positions whose logits are held at once.</param>
internal sealed class SequenceScorer(MultimodalModel model, BatchSource source, FrozenFeatures features, int batchSize, int chunk)
{
    // So many are loaded at once and cut by length: less padding goes through the model.
    private const int LoadedBatches = 8;

    private readonly Dictionary<ScoreItem, SampleScore> known = [];

    /// <summary>Scores samples, each with the media that its item says.</summary>
    /// <param name="items">The samples.</param>
    /// <param name="progress">Told how many are done.</param>
    public SampleScore[] Score(IReadOnlyList<ScoreItem> items, Action<int>? progress = null)
    {
        ScoreItem[] unknown = [.. items.Distinct().Where(item => !known.ContainsKey(item))];
        var done = items.Count - unknown.Length;
        progress?.Invoke(done);
        foreach (var part in unknown.Chunk(LoadedBatches * batchSize))
        {
            Add(part);
            progress?.Invoke(done += part.Length);
        }

        return [.. items.Select(item => known[item])];
    }

    private void Add(ScoreItem[] items)
    {
        using var scope = torch.NewDisposeScope();
        using var guard = torch.no_grad();
        using var loaded = source.LoadSamples([.. items.Select(item => item.Sample)], [.. items.Select(item => item.MediaFrom)]);
        foreach (var (batch, rows) in MicroBatches.Cut(features.Complete(loaded), batchSize))
        {
            using var each = torch.NewDisposeScope();
            foreach (var (row, score) in rows.Zip(Score(batch.To(model.Device)))) known[items[row]] = score;
        }
    }

    private SampleScore[] Score(Batch batch)
    {
        var positions = SupervisedPositions.Of(batch);
        var hidden = model.Hidden(batch, positions.Rows);                                              // [S, D]
        var samples = positions.Rows.div(positions.Length, torch.RoundingMode.floor).cpu().data<long>().ToArray();
        var sums = new double[batch.Samples];
        var tokens = new int[batch.Samples];
        var wrong = new int[batch.Samples];
        for (var start = 0; start < samples.Length; start += chunk)
        {
            var size = Math.Min(chunk, samples.Length - start);
            var targets = positions.Targets.narrow(0, start, size);
            var logits = model.LanguageModel.Logits(hidden.narrow(0, start, size)).to_type(torch.float32); // [chunk, V]
            var losses = torch.nn.functional.cross_entropy(logits, targets, reduction: torch.nn.Reduction.None).cpu().data<float>().ToArray();
            var right = logits.argmax(-1).eq(targets).to_type(torch.int64).cpu().data<long>().ToArray();
            for (var i = 0; i < size; i++)
            {
                var sample = samples[start + i];
                sums[sample] += losses[i];
                tokens[sample]++;
                wrong[sample] += right[i] == 0 ? 1 : 0;
            }
        }

        return [.. Enumerable.Range(0, batch.Samples).Select(i => new SampleScore(sums[i], tokens[i], tokens[i] > 0 && wrong[i] == 0))];
    }
}
