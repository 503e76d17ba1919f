using System.CommandLine;
using TrainMm.Cli.Display;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Models;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Exports;
using TrainMm.Training.Loop;

namespace TrainMm.Cli.Commands;

/// <summary><c>trainmm export</c>: a run's weights for other programs.</summary>
public static class ExportCommand
{
    /// <summary>Describes the command to the parser.</summary>
    public static Command Create()
    {
        var run = CommonOptions.Run();
        var target = new Option<ExportTarget>("--to", "-t")
        {
            Description = "peft: the adapter; llava: the original LLaVA's mm_projector.bin or LoRA folder; hf: the whole model for Hugging Face; merged: the language model with the adapter in it; diffusers: a generator that was trained by itself.",
            HelpName = "peft|llava|hf|merged|diffusers",
            Required = true,
        };
        var output = new Option<DirectoryInfo>("--out", "-o") { Description = "The folder to write; it must be empty or not be there.", HelpName = "DIR", Required = true };
        var dtype = new Option<ComputeType?>("--dtype") { Description = "The element type of a generator's files; by default the run's.", HelpName = "float32|bfloat16|float16" };
        var verify = new Option<string>("--verify")
        {
            Description = "full reads the folder back and compares logits with the run's; a folder that does not agree keeps the name DIR.unverified.",
            HelpName = "full|off",
            DefaultValueFactory = _ => "full",
        };
        verify.AcceptOnlyFromAmong("full", "off");
        var command = new DocumentedCommand(
            "export",
            "Writes a finished run's weights in a form that other programs read, and reads them back to prove it.",
            new Example("The adapter, for PEFT", "trainmm export --run runs/demo/sft --to peft --out exports/adapter"),
            new Example("The whole model, for transformers", "trainmm export --run runs/demo/sft --to hf --out exports/llava-hf"),
            new Example("The first stage's projector, for LLaVA's own code", "trainmm export --run runs/demo/pretrain --to llava --out exports/projector"))
        {
            run,
            target,
            output,
            dtype,
            verify,
        };
        command.SetAction(parsed =>
        {
            var directory = new RunDirectory(parsed.GetRequiredValue(run).ToString());
            var result = ExportSession.Run(new ExportRequest
            {
                Options = ConfigBinder.Bind<RunOptions>(ConfigDocument.Load(directory.Config)),
                RunDirectory = directory.Root,
                Target = parsed.GetRequiredValue(target),
                OutputFolder = parsed.GetRequiredValue(output).ToString(),
                Dtype = parsed.GetValue(dtype),
                Verify = parsed.GetValue(verify) == "full",
            });
            parsed.InvocationConfiguration.Output.Write(ExportLines.Of(result));
            return (int)ExitCode.Done;
        });
        return command;
    }
}
