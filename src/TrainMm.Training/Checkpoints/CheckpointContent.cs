using TorchSharp;

namespace TrainMm.Training.Checkpoints;

/// <summary>What a checkpoint holds. The tensors belong to whoever made it.</summary>
/// <param name="State">Where the run stands.</param>
/// <param name="Trainable">The trained parameters (fp32 masters) by path.</param>
/// <param name="Optimizer">The optimiser's state.</param>
/// <param name="Buffers">What training changes without a gradient (an objective's averages and queues) by path; often nothing.</param>
public sealed record CheckpointContent(
    RunState State, IReadOnlyDictionary<string, torch.Tensor> Trainable, IReadOnlyDictionary<string, torch.Tensor> Optimizer, IReadOnlyDictionary<string, torch.Tensor> Buffers)
{
    /// <summary>Bytes of all tensors.</summary>
    public long Bytes => All.Sum(tensor => tensor.numel() * tensor.element_size());

    private IEnumerable<torch.Tensor> All => [.. Trainable.Values, .. Optimizer.Values, .. Buffers.Values];

    /// <summary>A copy in the machine's memory, which outlives the steps to come; <see cref="Free"/> gives it back.</summary>
    public CheckpointContent Copy() => this with { Trainable = Copy(Trainable), Optimizer = Copy(Optimizer), Buffers = Copy(Buffers) };

    /// <summary>Frees the tensors of a copy.</summary>
    public void Free()
    {
        foreach (var tensor in All) tensor.Dispose();
    }

    private static Dictionary<string, torch.Tensor> Copy(IReadOnlyDictionary<string, torch.Tensor> tensors)
    {
        using var guard = torch.no_grad();
        return tensors.ToDictionary(
            pair => pair.Key, pair => (pair.Value.device.type == DeviceType.CPU ? pair.Value.detach().clone() : pair.Value.detach().cpu()).DetachFromDisposeScope(), StringComparer.Ordinal);
    }
}
