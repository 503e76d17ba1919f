using TrainMm.Training.Loop;

namespace TrainMm.Training.Evaluation;

/// <summary>All that is measured on one split.</summary>
/// <param name="scorer">Scores the split's samples.</param>
/// <param name="set">The samples.</param>
/// <param name="options">What is measured.</param>
/// <param name="training">The training set's answers; null where no exact answers are measured.</param>
/// <param name="split">The split's name.</param>
/// <param name="progress">Told how far it is, or null.</param>
/// <param name="made">Takes the losses of what answers make; null where the run makes no media.</param>
/// <param name="clip">Scores the pictures that answers make; null where they are not scored.</param>
internal sealed class SplitMeasurement(
    SequenceScorer scorer, OpenDataSet set, EvaluationOptions options, TrainingAnswers? training, string split, Action<EvaluationProgress>? progress, ObjectiveLoss? made = null, ClipScore? clip = null)
{
    /// <summary>Measures.</summary>
    /// <param name="indices">The split's samples.</param>
    public SplitResult Run(IReadOnlyList<int> indices)
    {
        var chosen = Spread.Over(indices, options.MaxSamples);
        var loss = new HeldOut(scorer, set.Source).Measure(chosen, done => Tell("loss", done, 2 * chosen.Count));
        var retrieval = options.Retrieval is { } retrievalOptions
            ? new Retrieval(scorer, set.Source, retrievalOptions).Measure(indices, (done, total) => Tell("retrieval", done, total))
            : null;
        var answers = options.ExactAnswer is { } answerOptions && training is not null
            ? new ExactAnswer(scorer, set.Source, answerOptions, training).Measure(indices, done => Tell("exact answers", done, 2 * indices.Count))
            : null;
        var pictures = clip?.Measure(set, indices, (done, total) => Tell("pictures", done, total));
        return new SplitResult { Samples = loss.Samples, Loss = loss.Loss, LossShuffled = loss.Shuffled, Made = made?.MeasureEach(chosen), ClipScore = pictures, Retrieval = retrieval, Answers = answers };
    }

    private void Tell(string task, int done, int total) => progress?.Invoke(new EvaluationProgress(split, task, done, total));
}
