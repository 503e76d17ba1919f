using TrainMm.Core.Diagnostics;

namespace TrainMm.Training.Loop;

/// <summary>The machine or the GPU has no memory left for a step.</summary>
/// <param name="inner">What libtorch said.</param>
public sealed class MemoryExhaustedException(Exception inner) : UserException(
    $"Out of memory: {FirstLine(inner.Message)}\n  hint: a smaller train.micro_batch_size gives the same gradients; a smaller train.logits_chunk and data.max_length need less too", inner)
{
    /// <inheritdoc/>
    public override ExitCode ExitCode => ExitCode.OutOfMemory;

    private static string FirstLine(string message) => message.Split('\n')[0];
}
