using System.CommandLine;
using TrainMm.Training.Stages;

namespace TrainMm.Cli.Commands;

/// <summary><c>trainmm pretrain</c>: stage 1.</summary>
public static class PretrainCommand
{
    /// <summary>Describes the command to the parser.</summary>
    public static Command Create() => TrainingCommand.Create(
        StageKind.Pretrain,
        "Stage 1, multimodal pre-training: trains the input projector on image-text pairs; encoder and language model stay frozen.",
        new("The demo's first stage", "trainmm pretrain --config configs/demo/pretrain.yaml"),
        new("A short try with other values", "trainmm pretrain -c configs/demo/pretrain.yaml --set train.max_steps=20 --set optimizer.learning_rate=1e-3 --run-dir runs/try"));
}
