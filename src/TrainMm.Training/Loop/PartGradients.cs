using System.Collections.Concurrent;
using TorchSharp;
using TrainMm.Core;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Models;
using TrainMm.Training.Objectives;
using TrainMm.Training.Optimisation;

namespace TrainMm.Training.Loop;

/// <summary>
/// Takes several parts of a step through the model at the same time, each on a thread of its own whose operators run on that thread alone: on a processor, two threads that never wait
/// for each other do more than two that meet at every operator. Each part's gradients are kept apart and added in the parts' order, so that the sum does not depend on which was done first.
/// </summary>
/// <param name="model">On the CPU; nothing in it may draw random numbers.</param>
/// <param name="objectives">What is made smaller; none of them may draw random numbers.</param>
/// <param name="parameters">What is trained.</param>
/// <param name="threads">Parts at a time.</param>
internal sealed class PartGradients(MultimodalModel model, ObjectiveSet objectives, IReadOnlyList<TrainedParameter> parameters, int threads) : IDisposable
{
    private readonly torch.Tensor[] leaves = [.. parameters.Select(parameter => parameter.Value)];
    private readonly WorkerThreads workers = new(threads);

    /// <summary>Refuses what parts cannot share.</summary>
    /// <exception cref="ConfigurationException">Parts are to go side by side on a GPU, or where random numbers are drawn.</exception>
    public static void Check(TrainOptions options, MultimodalModel model)
    {
        if (options.ParallelParts == 1) return;
        if (model.Device.type != DeviceType.CPU) throw OptionSource.Error(options, nameof(options.ParallelParts), "is for processors; a GPU takes one part after the other");
        if (model.Peft is { DrawsRandomNumbers: true } || model.Modalities.Values.Any(path => path.Projector.DrawsRandomNumbers))
            throw OptionSource.Error(options, nameof(options.ParallelParts), "cannot go with dropout: which part draws which numbers would depend on which is faster", "set dropout to 0, or parallel_parts to 1");
    }

    /// <summary>Adds the gradients of all parts to the parameters' own.</summary>
    /// <param name="parts">The parts; the last is begun first, since it is the longest.</param>
    /// <param name="counts">Each objective's targets in the whole batch.</param>
    /// <param name="seedsOf">The seeds of a part's samples.</param>
    /// <param name="giveUp">Asked before each part; null: never.</param>
    /// <returns>Each objective's sum over all parts; null where the step was given up.</returns>
    public double[]? Add(IReadOnlyList<MicroBatch> parts, long[] counts, Func<MicroBatch, long[]> seedsOf, Func<bool>? giveUp = null)
    {
        using var scope = torch.NewDisposeScope();
        var waiting = new ConcurrentStack<int>(Enumerable.Range(0, parts.Count));
        var results = new (double[] Sums, IList<torch.Tensor> Gradients)[parts.Count];
        var before = torch.get_num_threads();
        try
        {
            workers.Run(Work);
        }
        finally
        {
            torch.set_num_threads(before);
        }

        if (results.Any(result => result.Sums is null))
        {
            foreach (var gradient in results.Where(result => result.Gradients is not null).SelectMany(result => result.Gradients)) gradient?.Dispose();
            return null;
        }

        foreach (var (_, gradients) in results) Accumulate(gradients);
        return [.. counts.Select((_, i) => results.Sum(result => result.Sums[i]))];

        void Work()
        {
            // A thread's count is its own.
            torch.set_num_threads(1);
            while (giveUp?.Invoke() != true && waiting.TryPop(out var part)) results[part] = Of(parts[part], counts, seedsOf(parts[part]));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => workers.Dispose();

    private (double[] Sums, IList<torch.Tensor> Gradients) Of(MicroBatch part, long[] counts, long[] seeds)
    {
        using var scope = torch.NewDisposeScope();
        var loss = objectives.Compute(model, part.Batch, counts, seeds);
        // A part that meets nothing of what is trained has no gradient.
        IList<torch.Tensor> gradients = loss.Loss.requires_grad ? torch.autograd.grad([loss.Loss], leaves, allow_unused: true) : new torch.Tensor[leaves.Length];
        foreach (var gradient in gradients) gradient?.DetachFromDisposeScope();
        return (loss.Read(), gradients);
    }

    private void Accumulate(IList<torch.Tensor> gradients)
    {
        using var guard = torch.no_grad();
        for (var i = 0; i < leaves.Length; i++)
        {
            if (gradients[i] is not { } gradient) continue;
            if (leaves[i].grad is { } sum)
            {
                sum.add_(gradient);
                gradient.Dispose();
            }
            else
            {
                leaves[i].grad = gradient;
            }
        }
    }
}
