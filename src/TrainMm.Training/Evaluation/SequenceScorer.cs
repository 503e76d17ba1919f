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
/// <param name="MediaFrom">Index of the sample whose media it gets; its own for a fair score.</param>
internal readonly record struct ScoreItem(int Sample, int MediaFrom)
{
    /// <summary>A sample with its own media.</summary>
    public static ScoreItem Own(int sample) => new(sample, sample);
}

/// <summary>Scores samples without changing anything.</summary>
/// <param name="model">The model.</param>
/// <param name="source">The samples.</param>
/// <param name="batchSize">Samples that go through the model at once.</param>
/// <param name="chunk">Positions whose logits are held at once.</param>
internal sealed class SequenceScorer(MultimodalModel model, BatchSource source, int batchSize, int chunk)
{
    // So many are loaded at once and cut by length: less padding goes through the model.
    private const int LoadedBatches = 8;

    /// <summary>Scores samples, each with the media that its item says.</summary>
    /// <param name="items">The samples.</param>
    /// <param name="withoutMedia">Whether the encoder's features are replaced by zeros, so that the score is the text's alone.</param>
    /// <param name="progress">Told how many are done.</param>
    public SampleScore[] Score(IReadOnlyList<ScoreItem> items, bool withoutMedia = false, Action<int>? progress = null)
    {
        var scores = new SampleScore[items.Count];
        for (var start = 0; start < items.Count; start += LoadedBatches * batchSize)
        {
            ScoreItem[] part = [.. items.Skip(start).Take(LoadedBatches * batchSize)];
            using var scope = torch.NewDisposeScope();
            using var guard = torch.no_grad();
            using var loaded = source.LoadSamples([.. part.Select(item => item.Sample)], [.. part.Select(item => item.MediaFrom)]);
            foreach (var (batch, rows) in MicroBatches.Cut(loaded, batchSize))
            {
                using var each = torch.NewDisposeScope();
                foreach (var (row, score) in rows.Zip(Score(batch.To(model.Device), withoutMedia))) scores[start + row] = score;
            }

            progress?.Invoke(start + part.Length);
        }

        return scores;
    }

    private SampleScore[] Score(Batch batch, bool withoutMedia)
    {
        var positions = SupervisedPositions.Of(batch);
        var hidden = positions.Select(withoutMedia ? HiddenWithoutMedia(batch) : model.Hidden(batch));  // [S, D]
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

    /// <summary>[B, T, D] with every medium's features zero before the projector: what the model knows without seeing.</summary>
    private torch.Tensor HiddenWithoutMedia(Batch batch)
    {
        var projected = batch.Media.ToDictionary(
            pair => pair.Key,
            pair =>
            {
                var path = model.Modalities[pair.Key];
                return path.Projector.Project(torch.zeros([pair.Value.Values.shape[0], path.Encoder.Output.Tokens, path.Encoder.Output.Width], model.Dtype, model.Device)); // [I, Q, D]
            },
            StringComparer.Ordinal);
        return model.LanguageModel.Decode(model.Fusion.Fuse(model.LanguageModel.Embed(batch.Ids), batch, projected), model.InputFor(batch));
    }
}
