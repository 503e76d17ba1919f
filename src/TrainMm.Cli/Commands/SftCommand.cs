using System.CommandLine;
using TrainMm.Training.Stages;

namespace TrainMm.Cli.Commands;

/// <summary><c>trainmm sft</c>: stage 2.</summary>
public static class SftCommand
{
    /// <summary>Describes the command to the parser.</summary>
    public static Command Create() => TrainingCommand.Create(
        StageKind.Sft,
        "Stage 2, multimodal instruction tuning: trains adapter and input projector on conversations about images.",
        new("The demo's second stage; its configuration names the first stage's run", "trainmm sft --config configs/demo/sft.yaml"),
        new("The same on another first stage", "trainmm sft -c configs/demo/sft.yaml --set initial_run=runs/try --run-dir runs/try-sft"),
        new("Going on with another checkpoint interval than the run began with", "trainmm sft -c configs/demo/sft.yaml --set checkpoint.every_steps=50 --allow-change checkpoint.every_steps"));
}
