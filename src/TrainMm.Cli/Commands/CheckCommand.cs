using System.CommandLine;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Training.Loop;

namespace TrainMm.Cli.Commands;

/// <summary><c>trainmm check</c>: every mistake in a configuration at once, before anything is loaded.</summary>
public static class CheckCommand
{
    /// <summary>Describes the command to the parser.</summary>
    public static Command Create()
    {
        var config = CommonOptions.Config();
        var set = CommonOptions.Set();
        var stage = new Option<string?>("--stage") { Description = "For which command the file is read, where it extends another file for each.", HelpName = "pretrain|sft" };
        stage.AcceptOnlyFromAmong("pretrain", "sft");
        var print = new Option<bool>("--print") { Description = "Show the resolved configuration: every option with its value." };
        var command = new DocumentedCommand(
            "check",
            "Reads a configuration and names everything that is wrong with it, without starting a run.",
            new Example("Before a long run", "trainmm check --config configs/llava-1.5/pretrain.yaml"),
            new Example("What a run would be told", "trainmm check --config configs/demo/smoke.yaml --stage sft --print"))
        {
            config,
            set,
            stage,
            print,
        };
        command.SetAction(parsed =>
        {
            var file = parsed.GetRequiredValue(config);
            var options = ConfigBinder.Bind<RunOptions>(ConfigDocument.Load(file.ToString(), parsed.GetValue(set), parsed.GetValue(stage)));
            parsed.InvocationConfiguration.Output.Write(parsed.GetValue(print) ? ConfigWriter.Write(options) : $"{file}: no mistakes found\n");
            return (int)ExitCode.Done;
        });
        return command;
    }
}
