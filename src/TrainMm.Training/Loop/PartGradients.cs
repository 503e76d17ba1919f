using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
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
/// <param name="objective">What is optimised.</param>
/// <param name="parameters">What is trained.</param>
/// <param name="threads">Parts at a time.</param>
internal sealed class PartGradients(MultimodalModel model, IObjective objective, IReadOnlyList<TrainedParameter> parameters, int threads)
{
    private readonly torch.Tensor[] leaves = [.. parameters.Select(parameter => parameter.Value)];

    /// <summary>Refuses what parts cannot share.</summary>
    /// <exception cref="ConfigurationException">Parts are to go side by side on a GPU, or where random numbers are drawn.</exception>
    public static void Check(TrainOptions options, MultimodalModel model)
    {
        if (options.ParallelParts == 1) return;
        if (model.Device.type != DeviceType.CPU) throw OptionSource.Error(options, nameof(options.ParallelParts), "is for processors; a GPU takes one part after the other");
        if (model.Peft is { DrawsRandomNumbers: true })
            throw OptionSource.Error(options, nameof(options.ParallelParts), "cannot go with dropout: which part draws which numbers would depend on which is faster", "set the adapter's dropout to 0, or parallel_parts to 1");
    }

    /// <summary>Adds the gradients of all parts to the parameters' own.</summary>
    /// <param name="parts">The parts; the last is begun first, since it is the longest.</param>
    /// <param name="tokens">Supervised tokens of the whole batch.</param>
    /// <returns>The sum of the parts' losses over their tokens.</returns>
    public double Add(IReadOnlyList<Batch> parts, long tokens)
    {
        using var scope = torch.NewDisposeScope();
        var waiting = new ConcurrentStack<int>(Enumerable.Range(0, parts.Count));
        var results = new (double Sum, IList<torch.Tensor> Gradients)[parts.Count];
        var before = torch.get_num_threads();
        try
        {
            Task.WaitAll([.. Enumerable.Range(0, threads).Select(_ => Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))]);
        }
        catch (AggregateException faults)
        {
            ExceptionDispatchInfo.Throw(faults.Flatten().InnerExceptions[0]);
        }
        finally
        {
            torch.set_num_threads(before);
        }

        foreach (var (_, gradients) in results) Accumulate(gradients);
        return results.Sum(result => result.Sum);

        void Work()
        {
            // A thread's count is its own.
            torch.set_num_threads(1);
            while (waiting.TryPop(out var part)) results[part] = Of(parts[part], tokens);
        }
    }

    private (double Sum, IList<torch.Tensor> Gradients) Of(Batch part, long tokens)
    {
        using var scope = torch.NewDisposeScope();
        var terms = objective.Compute(model, part);
        var gradients = torch.autograd.grad([terms.Sum / tokens], leaves, allow_unused: true);
        foreach (var gradient in gradients) gradient?.DetachFromDisposeScope();
        return (terms.Sum.item<float>(), gradients);
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
