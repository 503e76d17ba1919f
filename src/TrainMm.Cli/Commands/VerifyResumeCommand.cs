using System.CommandLine;
using TrainMm.Cli.Trials;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Cli.Commands;

/// <summary><c>trainmm verify-resume</c>: whether a killed run of this configuration ends with the bytes of one that nobody disturbed.</summary>
public static class VerifyResumeCommand
{
    /// <summary>Describes the command to the parser.</summary>
    public static Command Create()
    {
        var config = CommonOptions.Config();
        var set = CommonOptions.Set();
        var stage = new Option<string>("--stage") { Description = "The stage whose run is tried.", HelpName = "pretrain|sft", DefaultValueFactory = _ => "pretrain" };
        stage.AcceptOnlyFromAmong("pretrain", "sft");
        var steps = Positive("--steps", "Steps of each run; a checkpoint is written about eight times in between.", 24);
        var kills = Positive("--kills", "Kills in all; where a run ends before, another one is begun.", 5);
        var seed = new Option<int>("--seed") { Description = "Of the moments at which is killed.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var runDirectory = new Option<DirectoryInfo?>("--run-dir", "-d") { Description = "A new folder for the runs; by default one in the system's temporary folder, which goes when all is well.", HelpName = "DIR" };
        var command = new DocumentedCommand(
            "verify-resume",
            "Trains a few steps undisturbed and again with kills at random points, inside the writing of checkpoints too, and compares the bytes.",
            new Example("A run of yours before it goes to a cluster", "trainmm verify-resume --config my.yaml --steps 50 --kills 10"),
            new Example("The second stage in miniature", "trainmm verify-resume -c configs/demo/smoke.yaml --stage sft --steps 12 --kills 3"))
        {
            config, set, stage, steps, kills, seed, runDirectory,
        };
        command.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var count = parsed.GetValue(steps);
            var given = parsed.GetValue(runDirectory);
            var folder = given?.FullName ?? Directory.CreateTempSubdirectory("trainmm-").FullName;
            if (given is { Exists: true } && given.EnumerateFileSystemInfos().Any()) throw new TrialException($"{folder} is not empty; give a new folder.");
            string[] line =
            [
                parsed.GetRequiredValue(stage), "--config", parsed.GetRequiredValue(config).ToString(),
                .. (parsed.GetValue(set) ?? []).Append($"train.max_steps={count}").Append($"checkpoint.every_steps={Math.Max(1, count / 8)}").SelectMany(value => (string[])["--set", value]),
            ];
            var result = new ResumeTrial(new TrialRequest(line, folder, count, parsed.GetValue(kills), parsed.GetValue(seed)), text => output.WriteLine(text)).Run();
            if (result.Differences.Count > 0)
            {
                output.WriteLine($"NOT THE SAME after {result.Kills} kills in {result.Runs} runs; they are in {folder}:\n  {string.Join("\n  ", result.Differences)}");
                return (int)ExitCode.Failure;
            }

            if (given is null) Directory.Delete(folder, recursive: true);
            output.WriteLine($"The same: {result.Kills} kills in {result.Runs} runs, and losses, sample order, last checkpoint and trained parts are those of the undisturbed run, byte for byte.");
            return (int)ExitCode.Done;
        });
        return command;
    }

    private static Option<int> Positive(string name, string description, int usual)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1) result.AddError($"{name} must be at least 1.");
        });
        return option;
    }
}
