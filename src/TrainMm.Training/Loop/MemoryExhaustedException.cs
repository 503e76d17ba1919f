using TrainMm.Core.Diagnostics;

namespace TrainMm.Training.Loop;

/// <summary>The machine or the GPU has no memory left, for a step or before one.</summary>
/// <param name="inner">What libtorch said.</param>
/// <param name="microBatch">Samples, or packed rows, that went through the model at once; null before the first step.</param>
/// <param name="isPacked">Whether they were packed rows.</param>
public sealed class MemoryExhaustedException(Exception inner, int? microBatch = null, bool isPacked = false) : UserException($"Out of memory: {FirstLine(inner.Message)}\n  hint: {Hint(microBatch, isPacked)}", inner)
{
    /// <inheritdoc/>
    public override ExitCode ExitCode => ExitCode.OutOfMemory;

    private static string Hint(int? microBatch, bool isPacked) => microBatch switch
    {
        1 => $"one {(isPacked ? "packed row" : "sample")} at a time is too much already; a smaller train.logits_chunk or data.max_length, model.quantization: nf4, or an adapter in the place of whole layers needs less",
        null => "model.dtype: bfloat16 or model.quantization: nf4 needs less",
        _ => "a smaller train.micro_batch_size gives the same gradients; a smaller train.logits_chunk and data.max_length need less too",
    };

    private static string FirstLine(string message) => message.Split('\n')[0];
}
