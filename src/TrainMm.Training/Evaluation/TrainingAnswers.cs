using TrainMm.Data;
using TrainMm.Data.Manifests;

namespace TrainMm.Training.Evaluation;

/// <summary>How often the training set gives each answer, over all turns: what a model that sees nothing could have learnt to say.</summary>
internal sealed class TrainingAnswers
{
    private readonly Dictionary<string, int> counts;

    private TrainingAnswers(Dictionary<string, int> counts) => this.counts = counts;

    /// <summary>Counts the answers of a training set.</summary>
    public static TrainingAnswers Of(ISampleSource training)
    {
        var answers = Enumerable.Range(0, training.Count)
            .SelectMany(index => training.Read(index).Turns)
            .Where(turn => turn.Speaker == Speaker.Assistant)
            .Select(turn => string.Concat(turn.Parts.OfType<TextPart>().Select(part => part.Text)).Trim());
        return new TrainingAnswers(answers.CountBy(answer => answer, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal));
    }

    /// <summary>The commonest answer in training among those that a kind of question has: rows for training need not say what kind they are. Null where training has none of them.</summary>
    /// <param name="answers">The answers that fit the question.</param>
    public string? Commonest(IEnumerable<string> answers) =>
        answers.Distinct(StringComparer.Ordinal).Where(counts.ContainsKey).OrderByDescending(answer => counts[answer]).ThenBy(answer => answer, StringComparer.Ordinal).FirstOrDefault();
}
