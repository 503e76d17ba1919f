using System.CommandLine;
using Spectre.Console;
using TrainMm.Cli.Display;
using TrainMm.Cli.Machine;
using TrainMm.Core.Config;
using TrainMm.Torch;
using TrainMm.Training.Loop;
using TrainMm.Training.Stages;

namespace TrainMm.Cli.Commands;

/// <summary>What <c>pretrain</c> and <c>sft</c> have in common: all but the stage.</summary>
internal static class TrainingCommand
{
    public static Command Create(StageKind stage, string description, params IReadOnlyList<Example> examples)
    {
        var config = CommonOptions.Config();
        var runDirectory = new Option<DirectoryInfo?>("--run-dir", "-d")
        {
            Description = "Where the run is written; by default runs/<folder>/<name> after the configuration file.",
            HelpName = "DIR",
        };
        var resume = new Option<string>("--resume")
        {
            Description = "auto: go on from the newest sound checkpoint in the run directory, if any. never: refuse a directory that holds checkpoints.",
            HelpName = "auto|never",
            DefaultValueFactory = _ => "auto",
        };
        resume.AcceptOnlyFromAmong("auto", "never");
        var allowChange = new Option<string[]>("--allow-change")
        {
            Description = "When resuming, let this configuration key differ from the checkpoint's; may be given several times.",
            HelpName = "KEY",
            DefaultValueFactory = _ => [],
        };
        var set = CommonOptions.Set();
        var command = new DocumentedCommand(NameOf(stage), description, examples) { config, runDirectory, set, resume, allowChange };
        command.SetAction(parsed =>
        {
            var file = parsed.GetRequiredValue(config);
            var request = new RunRequest
            {
                Options = ConfigBinder.Bind<RunOptions>(ConfigDocument.Load(file.ToString(), parsed.GetValue(set), NameOf(stage))),
                Stage = stage,
                RunDirectory = parsed.GetValue(runDirectory)?.FullName ?? Path.GetFullPath(RunDirectoryFor(file, stage)),
                Resume = parsed.GetValue(resume) == "never" ? ResumeMode.Never : ResumeMode.Auto,
                AllowedChanges = parsed.GetValue(allowChange) ?? [],
            };
            return Run(request, parsed.GetValue(CommonOptions.Verbose));
        });
        return command;
    }

    /// <summary><c>configs/demo/sft.yaml</c> runs in <c>runs/demo/sft</c>; a file that serves both stages has one directory for each.</summary>
    internal static string RunDirectoryFor(FileInfo config, StageKind stage)
    {
        var name = Path.GetFileNameWithoutExtension(config.Name);
        if (!name.StartsWith(NameOf(stage), StringComparison.Ordinal)) name += $"-{NameOf(stage)}";
        return Path.Combine("runs", config.Directory!.Name, name);
    }

    private static string NameOf(StageKind stage) => stage == StageKind.Pretrain ? "pretrain" : "sft";

    private static int Run(RunRequest request, bool verbose)
    {
        using var stop = StopSignal.OnTermination(Consoles.LastWords);
        Directory.CreateDirectory(request.RunDirectory);
        using var logger = RunLog.Open(request.RunDirectory, onConsole: !Consoles.IsTerminal, verbose);
        var log = new LogObserver(logger);
        try
        {
            if (!Consoles.IsTerminal) return Train(request, log, stop);
            var view = new LiveView(AnsiConsole.Console);
            return view.Show(() => Train(request, new ObserverGroup(log, view), stop));
        }
        catch (Exception exception)
        {
            logger.Error(exception, "The run ended with an error");
            throw;
        }
    }

    private static int Train(RunRequest request, IRunObserver observer, StopSignal stop)
    {
        Runtime.Initialize(request.Options.Threads ?? 0);
        foreach (var warning in new[] { BlasAdvice.AboutLibrary(Runtime.Describe()), BlasAdvice.AboutForcedCore() }.OfType<string>())
            observer.Notice(new RunNotice(warning, IsWarning: true));
        return (int)RunSession.Start(request, observer, stop).ExitCode;
    }
}
