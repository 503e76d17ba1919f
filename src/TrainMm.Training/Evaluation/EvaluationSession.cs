using System.Diagnostics;
using TrainMm.Core.Diagnostics;
using TrainMm.Models;
using TrainMm.Torch;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Loop;
using TrainMm.Training.Objectives;
using TrainMm.Training.Reporting;

namespace TrainMm.Training.Evaluation;

/// <summary>Measures a finished run on held-out splits.</summary>
public static class EvaluationSession
{
    private const string SplitColumn = "split";

    /// <summary>Measures, writes the results into the run's folder and renews its report.</summary>
    /// <param name="request">What to measure.</param>
    /// <param name="progress">Told how far it is, or null.</param>
    /// <exception cref="UserException">The run has not ended, or data or parts cannot be used.</exception>
    public static EvaluationReport Run(EvaluationRequest request, Action<EvaluationProgress>? progress = null)
    {
        var started = Stopwatch.GetTimestamp();
        Runtime.Initialize(request.Options.Threads ?? 0);
        var directory = new RunDirectory(request.RunDirectory);
        using var held = directory.Lock();
        var (model, data) = FinishedRun.Load(request.Options, directory);
        using var loaded = model;
        var report = Measure(request, model, data, progress) with
        {
            Stage = RunSummary.Read(directory).Start.Stage,
            Seconds = Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 1),
        };
        report.Write(directory.Evaluation);
        new SampleAnswers(report.Samples).Write(directory.Samples);
        RunReportBuilder.Write(directory);
        return report;
    }

    private static EvaluationReport Measure(EvaluationRequest request, MultimodalModel model, DataAssembly data, Action<EvaluationProgress>? progress)
    {
        var options = request.Options;
        var training = options.Evaluation.ExactAnswer is null ? null : AnswersOfTraining(options, data);
        var results = new Dictionary<string, SplitResult>(StringComparer.Ordinal);
        var samples = new List<GeneratedSample>();
        using var features = new FrozenFeatures(model, FrozenFeatures.DefaultCapacity);
        var objectives = ObjectivesOfMade(options, model);
        using var clip = options.Evaluation.ClipScore is null ? null : new ClipScore(options, model, data);
        foreach (var manifest in request.Manifests.Count > 0 ? request.Manifests : options.Evaluation.Manifests)
        {
            using var set = data.Open(manifest, _ => { });
            var scorer = new SequenceScorer(model, set.Batches, features, options.Evaluation.BatchSize, options.Train.LogitsChunk);
            var made = objectives is null ? null : new ObjectiveLoss(model, objectives, set.Batches, features, options.Evaluation.BatchSize, options.Seed);
            foreach (var (split, indices) in SplitsOf(set, request.Splits))
            {
                if (!results.TryAdd(split, new SplitMeasurement(scorer, set, options.Evaluation, training, split, progress, made, clip).Run(indices)))
                    throw new DataException($"The split '{split}' is in two manifests.", manifest);
                if (samples.Count == 0) samples.AddRange(Generate(options, model, data, set, indices, split, progress));
            }
        }

        if (results.Count == 0) throw new DataException(request.Splits.Count == 0 ? "There is nothing to evaluate on: evaluation.manifests is empty." : $"No manifest has a split {string.Join(", ", request.Splits)}.");
        return new EvaluationReport { Stage = default, Splits = results, Samples = samples, Seconds = 0 };
    }

    /// <summary>Those of the run's objectives whose targets are what answers make; null where it has none.</summary>
    private static ObjectiveSet? ObjectivesOfMade(RunOptions options, MultimodalModel model)
    {
        var ofMade = ObjectiveSet.Build(options, model, new TrainablePaths([]), [ObjectiveCatalog.ConditionAlignment, ObjectiveCatalog.LatentDiffusion]);
        return ofMade.Items.Count == 0 ? null : ofMade;
    }

    private static TrainingAnswers AnswersOfTraining(RunOptions options, DataAssembly data)
    {
        using var training = data.OpenTraining(_ => { });
        return TrainingAnswers.Of(training.Source);
    }

    private static IReadOnlyList<GeneratedSample> Generate(
        RunOptions options, MultimodalModel model, DataAssembly data, OpenDataSet set, IReadOnlyList<int> indices, string split, Action<EvaluationProgress>? progress)
    {
        var chosen = Spread.Over(indices, options.Evaluation.Generate.Samples);
        progress?.Invoke(new EvaluationProgress(split, "samples", 0, chosen.Count));
        var generated = new SampleGenerator(new AnswerGenerator(model, data.Tokenizer, set.Template), set, options.Evaluation.Generate, MediaMaker.For(model, data)).Generate(chosen, split);
        progress?.Invoke(new EvaluationProgress(split, "samples", chosen.Count, chosen.Count));
        return generated;
    }

    /// <summary>The splits of a set by the rows' own column, or the whole set by its name.</summary>
    private static IEnumerable<(string Split, IReadOnlyList<int> Indices)> SplitsOf(OpenDataSet set, IReadOnlyList<string> wanted) =>
        Enumerable.Range(0, set.Source.Count)
            .GroupBy(index => set.Source.Read(index).Attributes.GetValueOrDefault(SplitColumn, set.Source.Name), StringComparer.Ordinal)
            .Where(split => wanted.Count == 0 || wanted.Contains(split.Key, StringComparer.Ordinal))
            .Select(split => (split.Key, (IReadOnlyList<int>)[.. split]));
}
