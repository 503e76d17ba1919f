using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Models;
using TrainMm.Torch;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Loop;
using TrainMm.Training.Parts;
using static TorchSharp.torch;

namespace TrainMm.Training.Exports;

/// <summary>Writes a finished run's weights in a form that other programs read, and reads them back to prove it.</summary>
public static class ExportSession
{
    /// <summary>Exports a run.</summary>
    /// <param name="request">What, and where to.</param>
    /// <exception cref="UserException">The run has not ended, the target cannot express it, the output folder is not empty, or what was written reads back as another model.</exception>
    public static ExportResult Run(ExportRequest request) => request.Target == ExportTarget.Diffusers ? DiffusersExport.Run(request) : Run(request, Create(request.Target));

    /// <summary>Exports a run by a given export.</summary>
    internal static ExportResult Run(ExportRequest request, IExport export)
    {
        Runtime.Initialize(request.Options.Threads ?? 0);
        var directory = new RunDirectory(request.RunDirectory);
        using var scope = NewDisposeScope();
        var (model, data) = FinishedRun.Load(request.Options, directory);
        using var loaded = model;
        var run = new ExportedRun(request, model, data, new TrainedParts(directory.Final).Others());
        ExportChecks.RequireNoSignals(run, OptionName.Of(request.Target.ToString()));
        export.Check(run);
        var vocabulary = model.LanguageModel.Spec.VocabularySize;
        var expected = request.Verify ? LogitProbe.LogitsOf(model, vocabulary) : null;
        var absent = run.ProjectorNames.Concat(TrainedParts.AdapterNames(model)).Concat(run.Others).Where(name => !export.Holds(run, name)).ToHashSet(StringComparer.Ordinal);
        var media = MediaOf(model);
        var kept = TrainedParts.All(model).Where(pair => absent.Contains(pair.Key)).ToDictionary(pair => pair.Key, pair => pair.Value.detach().clone(), StringComparer.Ordinal);

        var folder = ExportFolder.Create(request.OutputFolder);
        export.Write(run, folder.Path);
        PartsDescription.Read(directory.Final).Write(folder.Path);
        // One model at a time: for seven billion parameters two would not fit.
        loaded.Dispose();
        var comparison = expected is null ? null : Verify(export.ReadBack(request.Options.Model, folder.Path), request.Options, (media, kept), expected);
        if (comparison is { Agrees: false })
        {
            throw new CheckpointException(
                $"What was written reads back as another model: a logit differs by {comparison.LargestError:G3} where the largest is {comparison.LargestLogit:G3}. It is left as {folder.Path}.");
        }

        var final = folder.Complete();
        return new ExportResult(final, FilesOf(final), [.. absent.Select(PartOf).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)], comparison);
    }

    private static IExport Create(ExportTarget target) => target switch
    {
        ExportTarget.Peft => new PeftExport(),
        ExportTarget.Llava => new LlavaExport(),
        ExportTarget.Hf => new HuggingFaceExport(),
        _ => new MergedExport(),
    };

    /// <summary>Builds the model anew, with the exported parts from the folder and only those trained parts that the folder cannot hold from the run.</summary>
    private static LogitComparison Verify(ModelOptions options, RunOptions run, (string Media, Dictionary<string, Tensor> Parameters) own, Tensor expected)
    {
        using var guard = no_grad();
        using var model = ModelBuilder.Build(options, ComputeDevice.Of(run), (ulong)run.Seed);
        foreach (var (name, parameter) in TrainedParts.All(model))
        {
            if (own.Parameters.TryGetValue(name, out var value)) parameter.detach().copy_(value);
        }

        if (MediaOf(model) != own.Media) throw new CheckpointException($"What was written would prepare media as {MediaOf(model)}, the run as {own.Media}.");
        model.eval();
        return LogitProbe.Compare(expected, LogitProbe.LogitsOf(model, (int)expected.shape[^1]), model.Dtype);
    }

    /// <summary>How the media are brought to the encoders, in words.</summary>
    private static string MediaOf(MultimodalModel model) =>
        string.Join("; ", model.Modalities.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value.Encoder.Input));

    private static List<KeyValuePair<string, long>> FilesOf(string folder) =>
        [.. Directory.EnumerateFiles(folder).Select(path => KeyValuePair.Create(Path.GetFileName(path), new FileInfo(path).Length)).OrderBy(pair => pair.Key, StringComparer.Ordinal)];

    /// <summary>The first two words of a path: <c>image.input_projector</c>; of the language model the first.</summary>
    private static string PartOf(string name) => name.StartsWith("language_model.", StringComparison.Ordinal) ? "language_model" : string.Join('.', name.Split('.').Take(2));
}
