using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using TrainMm.Training.Evaluation;
using TrainMm.Training.Stages;

namespace TrainMm.Cli.Display;

/// <summary>What runs reached on held-out splits, each figure beside its controls.</summary>
public static class EvaluationTable
{
    private const string Nothing = "";

    /// <summary>Draws one table of several runs.</summary>
    /// <param name="reports">The runs' results, in the order in which they are shown.</param>
    public static IRenderable Draw(IReadOnlyList<EvaluationReport> reports)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("stage", "split", "measure");
        foreach (var name in (string[])["samples", "ours", "shuffled", "majority", "chance"])
            table.AddColumn(name, column => column.Alignment = Justify.Right);
        foreach (var report in reports)
        {
            foreach (var (split, result) in report.Splits) AddSplit(table, Name(report.Stage), split, result);
        }

        return table;
    }

    /// <summary>What was asked about which picture, what the model said, and what is right.</summary>
    /// <param name="answers">The answers to show.</param>
    public static IRenderable Draw(IReadOnlyList<GeneratedSample> answers)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("picture", "question", "said", "truth");
        foreach (var answer in answers)
            table.AddRow([.. new[] { string.Join(' ', answer.MediaNames), answer.Question, answer.Answer, answer.Expected }.Select(Markup.Escape)]);
        return table;
    }

    private static void AddSplit(Table table, string stage, string split, SplitResult result)
    {
        AddRow(table, stage, split, "loss per token (lower is better)", result.Samples, result.Loss.ToString("0.000", CultureInfo.InvariantCulture), result.LossShuffled?.ToString("0.000", CultureInfo.InvariantCulture));
        foreach (var (objective, loss) in result.Made ?? new Dictionary<string, ObjectiveResult>(StringComparer.Ordinal))
            AddRow(table, stage, split, $"{objective} (lower is better)", loss.Targets, loss.Loss.ToString("0.000", CultureInfo.InvariantCulture), loss.Shuffled?.ToString("0.000", CultureInfo.InvariantCulture));
        if (result.ClipScore is { } clip) AddClipScore(table, stage, split, clip);
        if (result.Retrieval is { } retrieval)
        {
            var measure = $"own text first among {retrieval.Candidates}";
            AddRow(table, stage, split, measure, retrieval.Samples, Share(retrieval.R1), chance: Share(retrieval.Chance));
        }

        foreach (var (kind, answers) in result.Answers ?? new Dictionary<string, ExactAnswerResult>(StringComparer.Ordinal))
            AddRow(table, stage, split, $"exact answers: {kind}", answers.Samples, Share(answers.Accuracy), Share(answers.Shuffled), Share(answers.Majority), Share(answers.Chance));
    }

    private static void AddClipScore(Table table, string stage, string split, ClipScoreResult clip)
    {
        AddRow(table, stage, split, "answered with a picture", clip.Prompts, Share(clip.Answered));
        AddRow(table, stage, split, "CLIP-score of the pictures", clip.Prompts, clip.Score.ToString("0.000", CultureInfo.InvariantCulture), clip.Shuffled.ToString("0.000", CultureInfo.InvariantCulture));
        AddRow(table, stage, split, string.Create(CultureInfo.InvariantCulture, $"its gain, 95 % in {clip.GainLow:0.000} to {clip.GainHigh:0.000}"), clip.Prompts, clip.Gain.ToString("0.000", CultureInfo.InvariantCulture));
        AddRow(table, stage, split, "own caption above another", clip.Prompts, Share(clip.Preferred), chance: Share(0.5));
    }

    private static void AddRow(Table table, string stage, string split, string measure, int samples, string ours, string? shuffled = null, string? majority = null, string? chance = null) =>
        table.AddRow(stage, Markup.Escape(split), Markup.Escape(measure), samples.ToString(CultureInfo.InvariantCulture), ours, shuffled ?? Nothing, majority ?? Nothing, chance ?? Nothing);

    private static string? Share(double? share) => share is { } value ? (value * 100).ToString("0.0", CultureInfo.InvariantCulture) + " %" : null;

    private static string Share(double share) => Share((double?)share)!;

    private static string Name(StageKind stage) => stage == StageKind.Pretrain ? "1 pretrain" : "2 sft";
}
