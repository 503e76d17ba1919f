using System.Globalization;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Evaluation;
using TrainMm.Training.Loop;
using TrainMm.Training.Metrics;
using TrainMm.Training.Objectives;
using TrainMm.Training.Stages;

namespace TrainMm.Training.Reporting;

/// <summary>Gathers what a run's folder holds into its report, so that a later evaluation can renew the page.</summary>
public static class RunReportBuilder
{
    /// <summary>Writes the report of a run from the files in its folder.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The folder holds no run.</exception>
    public static void Write(RunDirectory directory) => ReportPage.Write(Build(directory), directory.Report);

    private static RunReport Build(RunDirectory directory)
    {
        var summary = RunSummary.Read(directory);
        IReadOnlyList<StepMetrics> steps = [.. JsonLines.Read<StepMetrics>(directory.Metrics).Where(step => !step.Skipped)];
        var heldOut = JsonLines.Read<HeldOutRecord>(directory.HeldOut);
        var evaluation = EvaluationReport.TryRead(directory.Evaluation);
        var samples = evaluation?.Samples ?? SampleAnswers.TryRead(directory.Samples) ?? [];
        return new RunReport
        {
            Title = $"{Path.GetFileName(Path.GetDirectoryName(directory.Root))}/{Path.GetFileName(directory.Root)}",
            Summary = Sentence(summary),
            Headlines = [.. Headlines(summary, steps, heldOut)],
            Loss = [.. steps.Select(step => new ChartPoint(step.Step, step.Loss))],
            LossUnit = UnitOf(summary.Start.Objectives),
            HeldOutUnit = UnitOf(summary.Start.Objectives.Contains(ObjectiveCatalog.TextGeneration, StringComparer.Ordinal) ? [ObjectiveCatalog.TextGeneration] : summary.Start.Objectives),
            Terms = [.. Terms(steps)],
            LearningRate = [.. steps.Select(step => new ChartPoint(step.Step, step.Lr))],
            HeldOut = [.. heldOut.Select(record => new ChartPoint(record.Step, record.Loss))],
            HeldOutShuffled = [.. heldOut.Where(record => record.LossShuffled is not null).Select(record => new ChartPoint(record.Step, record.LossShuffled!.Value))],
            Parts = summary.Start.Parts,
            Tables = evaluation is null ? [] : [.. Tables(evaluation)],
            Samples = [.. samples.Select(Show)],
            Configuration = File.ReadAllText(directory.Config),
        };
    }

    private static IEnumerable<(string Kind, IReadOnlyList<ChartPoint> Loss)> Terms(IReadOnlyList<StepMetrics> steps) => steps
        .SelectMany(step => (step.Terms ?? new Dictionary<string, double>(StringComparer.Ordinal)).Select(term => (term.Key, Point: new ChartPoint(step.Step, term.Value))))
        .GroupBy(term => term.Key, StringComparer.Ordinal)
        .Select(kind => (kind.Key, (IReadOnlyList<ChartPoint>)[.. kind.Select(term => term.Point)]));

    private static string UnitOf(IReadOnlyList<string> objectives) => objectives switch
    {
        [ObjectiveCatalog.TextGeneration] => "nats per supervised token",
        [var only] => $"{only}, per target",
        _ => "objectives per target, weighted and added",
    };

    private static string Sentence(RunSummary summary)
    {
        var stage = summary.Start.Stage == StageKind.Pretrain ? "Stage 1, multimodal pre-training" : "Stage 2, instruction tuning";
        var state = summary.IsDone ? "all steps done, frozen tensors found unchanged" : $"stopped after step {summary.Step}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{stage}: {summary.Start.TotalSteps} steps of {summary.Start.BatchSize} samples from {summary.Start.TrainingSamples}, in {summary.Start.ComputeType} on {summary.Start.Device} with libtorch {summary.Start.LibTorch}, {summary.StepSeconds:0} s of training; {state}.");
    }

    private static IEnumerable<(string Label, string Value)> Headlines(RunSummary summary, IReadOnlyList<StepMetrics> steps, IReadOnlyList<HeldOutRecord> heldOut)
    {
        if (heldOut.Count > 0)
        {
            var last = heldOut[^1];
            yield return ("held-out loss", Loss(last.Loss));
            if (last.LossShuffled is { } shuffled) yield return ("with another sample's image", Loss(shuffled));
            if (heldOut[0].Step == 0 && heldOut.Count > 1) yield return ("before training", Loss(heldOut[0].Loss));
        }

        if (steps.Count > 0) yield return ("training loss, last 50 steps", Loss(steps.TakeLast(50).Average(step => step.Loss)));
        if (steps.Count > 0) yield return ("tokens per second", steps.TakeLast(50).Average(step => step.TokensPerSecond).ToString("N0", CultureInfo.InvariantCulture));
        if (summary.Padding is { } padding) yield return ("padding", Share(padding));
        yield return ("parameters trained", summary.Start.Parts.Sum(part => part.Trainable).ToString("N0", CultureInfo.InvariantCulture));
    }

    private static IEnumerable<ReportTable> Tables(EvaluationReport evaluation)
    {
        yield return new ReportTable(
            "Loss on held-out splits",
            "Cross-entropy per supervised token, with each sample's own media and with another sample's of the same split. The gap is what the media are worth.",
            ["split", "samples", "loss", "shuffled", "gap"],
            [.. evaluation.Splits.Select(split => Row(split.Key, Count(split.Value.Samples), Loss(split.Value.Loss), Loss(split.Value.LossShuffled), Loss(split.Value.LossShuffled - split.Value.Loss)))]);
        var retrieval = evaluation.Splits.Where(split => split.Value.Retrieval is not null).ToList();
        if (retrieval.Count > 0)
        {
            yield return new ReportTable(
                "Retrieval",
                "Which of several texts of the split belongs to the medium: the text's log-likelihood given the medium, less that of the text alone.",
                ["split", "media", "texts", "first", "among five", "chance (first)"],
                [.. retrieval.Select(split => Row(split.Key, Count(split.Value.Retrieval!.Samples), Count(split.Value.Retrieval.Candidates), Share(split.Value.Retrieval.R1), Share(split.Value.Retrieval.R5), Share(split.Value.Retrieval.Chance)))]);
        }

        foreach (var table in TablesOfMade(evaluation)) yield return table;
        foreach (var (name, split) in evaluation.Splits.Where(split => split.Value.Answers is not null))
        {
            yield return new ReportTable(
                $"Exact answers: {name}",
                "Share of questions whose whole answer is right, token by token. Shuffled: with another sample's media. Majority: always the commonest fitting answer of the training set.",
                ["question", "n", "accuracy", "shuffled", "majority", "chance"],
                [.. split.Answers!.Select(kind => Row(kind.Key, Count(kind.Value.Samples), Share(kind.Value.Accuracy), Share(kind.Value.Shuffled), Share(kind.Value.Majority), Share(kind.Value.Chance)))]);
        }
    }

    private static IEnumerable<ReportTable> TablesOfMade(EvaluationReport evaluation)
    {
        var losses = evaluation.Splits.SelectMany(split => (split.Value.Made ?? new Dictionary<string, ObjectiveResult>(StringComparer.Ordinal)).Select(made => (Split: split.Key, Objective: made.Key, made.Value))).ToList();
        if (losses.Count > 0)
        {
            yield return new ReportTable(
                "What answers make",
                "The objectives' losses on held-out requests, with each row's own caption and medium and with another row's. The gap is what the request is worth.",
                ["split", "objective", "media", "loss", "shuffled", "gap"],
                [.. losses.Select(row => Row(row.Split, row.Objective, Count(row.Value.Targets), Loss(row.Value.Loss), Loss(row.Value.Shuffled), Loss(row.Value.Shuffled - row.Value.Loss)))]);
        }

        var scored = evaluation.Splits.Where(split => split.Value.ClipScore is not null).Select(split => (split.Key, Clip: split.Value.ClipScore!)).ToList();
        if (scored.Count == 0) yield break;
        yield return new ReportTable(
            "CLIP-score of made pictures",
            "2.5 · max(cos, 0) of a picture and its caption by a frozen CLIP; shuffled is the mean over the split's other captions. The gain's interval is of 95 %, by drawing the prompts again. Preferred: how often the own caption scores above another, by chance 50 %.",
            ["split", "prompts", "answered with a picture", "score", "shuffled", "gain", "from", "to", "preferred"],
            [.. scored.Select(row => Row(row.Key, Count(row.Clip.Prompts), Share(row.Clip.Answered), Loss(row.Clip.Score), Loss(row.Clip.Shuffled), Loss(row.Clip.Gain), Loss(row.Clip.GainLow), Loss(row.Clip.GainHigh), Share(row.Clip.Preferred)))]);
    }

    private static ReportSample Show(GeneratedSample sample) => new(
        sample.Id,
        sample.Media.Count == 0 ? null : sample.Media[0],
        sample.Question,
        sample.Answer,
        sample.Expected,
        sample.Answer == sample.Expected)
    {
        Made = sample.Made,
        Expectations = sample.Expectations,
    };

    private static IReadOnlyList<string> Row(params string[] cells) => cells;

    private static string Count(int count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Loss(double? loss) => loss is { } value ? value.ToString("0.000", CultureInfo.InvariantCulture) : "–";

    private static string Share(double? share) => share is { } value ? value.ToString("0.0 %", CultureInfo.InvariantCulture) : "–";
}
