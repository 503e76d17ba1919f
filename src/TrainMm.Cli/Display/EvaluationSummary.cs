using System.Text.Json;
using System.Text.Json.Nodes;
using TrainMm.Training.Evaluation;
using TrainMm.Training.Stages;

namespace TrainMm.Cli.Display;

/// <summary>The figures of the evaluation table for scripts: <c>{"stage1": {split: …}, "stage2": {split: {question: …}}, "seconds": …}</c>.</summary>
public static class EvaluationSummary
{
    private const int Decimals = 4;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Renders the summary of several runs; of two runs of one stage the later one counts.</summary>
    /// <param name="reports">The runs' results.</param>
    /// <param name="seconds">How long it all took.</param>
    public static string ToJson(IReadOnlyList<EvaluationReport> reports, double seconds)
    {
        var summary = new JsonObject();
        foreach (var report in reports.OrderBy(report => report.Stage))
        {
            var splits = new JsonObject();
            foreach (var (split, result) in report.Splits) splits[split] = Made(report.Stage == StageKind.Pretrain ? Captions(result) : Answers(result), result);
            summary[report.Stage == StageKind.Pretrain ? "stage1" : "stage2"] = splits;
        }

        summary["seconds"] = Math.Round(seconds, 1);
        return summary.ToJsonString(Indented) + "\n";
    }

    private static JsonObject Made(JsonObject figures, SplitResult result)
    {
        foreach (var (objective, loss) in result.Made ?? new Dictionary<string, ObjectiveResult>(StringComparer.Ordinal))
            figures[objective] = new JsonObject { ["targets"] = loss.Targets, ["loss"] = Rounded(loss.Loss), ["shuffled"] = Rounded(loss.Shuffled) };
        if (result.ClipScore is { } clip)
        {
            figures["clip_score"] = new JsonObject
            {
                ["prompts"] = clip.Prompts,
                ["answered"] = Rounded(clip.Answered),
                ["score"] = Rounded(clip.Score),
                ["shuffled"] = Rounded(clip.Shuffled),
                ["gain"] = Rounded(clip.Gain),
                ["gain_low"] = Rounded(clip.GainLow),
                ["gain_high"] = Rounded(clip.GainHigh),
                ["preferred"] = Rounded(clip.Preferred),
            };
        }

        return figures;
    }

    private static JsonObject Captions(SplitResult result)
    {
        var figures = new JsonObject { ["samples"] = result.Samples, ["loss"] = Rounded(result.Loss), ["loss_shuffled"] = Rounded(result.LossShuffled) };
        if (result.Retrieval is { } retrieval)
        {
            figures[$"retrieval{retrieval.Candidates}_r1"] = Rounded(retrieval.R1);
            figures[$"retrieval{retrieval.Candidates}_r5"] = Rounded(retrieval.R5);
        }

        return figures;
    }

    private static JsonObject Answers(SplitResult result)
    {
        var kinds = new JsonObject();
        foreach (var (kind, answers) in result.Answers ?? new Dictionary<string, ExactAnswerResult>(StringComparer.Ordinal))
        {
            kinds[kind] = new JsonObject
            {
                ["samples"] = answers.Samples,
                ["accuracy"] = Rounded(answers.Accuracy),
                ["shuffled"] = Rounded(answers.Shuffled),
                ["majority"] = Rounded(answers.Majority),
                ["chance"] = Rounded(answers.Chance),
            };
        }

        return kinds;
    }

    private static JsonValue? Rounded(double? value) => value is { } figure && double.IsFinite(figure) ? JsonValue.Create(Math.Round(figure, Decimals)) : null;
}
