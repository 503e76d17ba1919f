using System.CommandLine;
using TrainMm.Cli.Display;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Evaluation;
using TrainMm.Training.Loop;

namespace TrainMm.Cli.Commands;

/// <summary><c>trainmm eval</c>: held-out figures beside their controls.</summary>
public static class EvalCommand
{
    /// <summary>Describes the command to the parser.</summary>
    public static Command Create()
    {
        var runs = new Option<DirectoryInfo[]>("--run", "-r")
        {
            Description = "A run directory, as pretrain and sft write it; several give one table.",
            HelpName = "DIR",
            Required = true,
        };
        var splits = new Option<string[]>("--split", "-s")
        {
            Description = "Only this split of those that the run's configuration names; may be given several times.",
            HelpName = "NAME",
            DefaultValueFactory = _ => [],
        };
        var set = CommonOptions.Set();
        var json = new Option<FileInfo?>("--json") { Description = "Also write the figures to this file.", HelpName = "FILE" };
        var answers = new Option<int>("--answers") { Description = "Show this many answers of the last run first.", HelpName = "N" };
        var since = new Option<long?>("--since")
        {
            Description = "The Unix time from which the file's 'seconds' count; by default the start of this command.",
            HelpName = "TIME",
        };
        var command = new DocumentedCommand(
            "eval",
            "Measures a run on held-out splits, beside the same with other samples' images, the commonest answer and chance.",
            new Example("All splits of both stages", "trainmm eval --run runs/demo/pretrain --run runs/demo/sft --json runs/demo/summary.json"),
            new Example("One split, and what the model says", "trainmm eval --run runs/demo/sft --split test_drawing --answers 5"),
            new Example("Other data than the run was configured with", "trainmm eval --run runs/mine --set evaluation.manifests=[data/other.yaml]"))
        {
            runs,
            splits,
            set,
            json,
            answers,
            since,
        };
        command.SetAction(parsed =>
        {
            var started = parsed.GetValue(since) is { } time ? DateTimeOffset.FromUnixTimeSeconds(time) : DateTimeOffset.UtcNow;
            var output = parsed.InvocationConfiguration.Output;
            var progress = new EvaluationLines(parsed.InvocationConfiguration.Error);
            var reports = parsed.GetRequiredValue(runs)
                .Select(run => Evaluate(run, parsed.GetValue(set) ?? [], parsed.GetValue(splits) ?? [], progress))
                .ToList();
            if (parsed.GetValue(answers) is > 0 and var shown) output.WriteLine(Consoles.ToText(EvaluationTable.Draw([.. reports[^1].Samples.Take(shown)])));
            output.WriteLine(Consoles.ToText(EvaluationTable.Draw(reports)));
            if (parsed.GetValue(json) is { } file) File.WriteAllText(file.FullName, EvaluationSummary.ToJson(reports, (DateTimeOffset.UtcNow - started).TotalSeconds));
            return (int)ExitCode.Done;
        });
        return command;
    }

    private static EvaluationReport Evaluate(DirectoryInfo run, IReadOnlyList<string> set, IReadOnlyList<string> splits, EvaluationLines progress)
    {
        var document = ConfigDocument.Load(new RunDirectory(run.ToString()).Config, set);
        var request = new EvaluationRequest { Options = ConfigBinder.Bind<RunOptions>(document), RunDirectory = run.FullName, Splits = splits };
        progress.Begin(run.ToString());
        return EvaluationSession.Run(request, progress.Show);
    }
}
