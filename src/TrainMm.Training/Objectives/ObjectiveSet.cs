using TorchSharp;
using TrainMm.Core;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Models.LanguageModels.None;
using TrainMm.Models.Layers;
using TrainMm.Training.Loop;

namespace TrainMm.Training.Objectives;

/// <summary>An objective with its part in the loss.</summary>
/// <param name="Kind">Its kind, which is its name in metrics and among the parameters.</param>
/// <param name="Weight">What its averaged loss is multiplied by.</param>
/// <param name="Objective">The objective.</param>
internal sealed record WeightedObjective(string Kind, double Weight, IObjective Objective);

/// <summary>What the objectives make of a part of a batch.</summary>
/// <param name="Loss">The part's share of the whole batch's loss, with the gradient.</param>
/// <param name="Sums">Each objective's sum over the part; null where it has no target in it.</param>
internal sealed record PartLoss(torch.Tensor Loss, IReadOnlyList<torch.Tensor?> Sums)
{
    /// <summary>Each objective's sum. Waits for the device, so the backward pass comes first.</summary>
    public double[] Read() => [.. Sums.Select(sum => sum?.item<float>() ?? 0)];
}

/// <summary>The objectives of a run.</summary>
/// <param name="items">The objectives in the order of the configuration.</param>
internal sealed class ObjectiveSet(IReadOnlyList<WeightedObjective> items)
{
    /// <summary>The objectives in the order of the configuration.</summary>
    public IReadOnlyList<WeightedObjective> Items => items;

    /// <summary>Builds the objectives and puts what they train into the model.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="model">The model.</param>
    /// <param name="trainable">What is trained.</param>
    /// <param name="kinds">Those of the run's objectives that are wanted; null: all.</param>
    /// <exception cref="ConfigurationException">An objective does not fit the model, or how the run cuts its batches.</exception>
    public static ObjectiveSet Build(RunOptions options, MultimodalModel model, TrainablePaths trainable, IReadOnlyCollection<string>? kinds = null)
    {
        var items = new List<WeightedObjective>();
        foreach (var component in options.Objectives.Where(component => kinds?.Contains(component.Kind, StringComparer.Ordinal) ?? true))
        {
            var scope = new ModuleScope($"{MultimodalModel.Objectives}.{component.Kind}", model.Dtype, model.Device, trainable);
            var objective = component.Create(new ObjectiveContext(model, scope, (ulong)options.Seed, options.Train.LogitsChunk) { Kinds = [.. options.Objectives.Select(each => each.Kind)] });
            if (objective.Module is { } module) model.AddObjective(component.Kind, module);
            if (objective.NeedsLanguageModel && model.LanguageModel is NoLanguageModel)
                throw OptionSource.Error(options, nameof(options.Objectives), $"{component.Kind} needs a language model, and model.language_model is of kind none", "name what the run is to learn: objectives: [{ kind: … }]");
            Check(options.Train, component.Kind, objective);
            items.Add(new WeightedObjective(component.Kind, ((ObjectiveOptions)component.Options).Weight, objective));
        }

        return new ObjectiveSet(items);
    }

    /// <summary>What objectives want of each sample's answer.</summary>
    public IReadOnlyList<InstructionSpec> Captions => [.. items.Select(item => item.Objective.Captions).OfType<InstructionSpec>().Distinct()];

    /// <summary>Each objective's targets in a batch.</summary>
    public long[] CountsOf(Batch batch) => [.. items.Select(item => item.Objective.CountOf(batch))];

    /// <summary>Whether any objective has a target in a batch.</summary>
    public bool HasTargets(Batch batch) => items.Any(item => item.Objective.CountOf(batch) > 0);

    /// <summary>Whether one of them compares a batch's samples with each other, so that the batch cannot be cut.</summary>
    public bool NeedWholeBatch => items.Any(item => item.Objective.NeedsWholeBatch);

    /// <summary>Whether text generation is among them, whose loss is then what is held out.</summary>
    public bool GeneratesText => items.Any(item => item.Kind == ObjectiveCatalog.TextGeneration);

    /// <summary>The part's share of the batch's loss.</summary>
    /// <param name="model">The model.</param>
    /// <param name="part">The part, on any device, with at least one target.</param>
    /// <param name="counts">Each objective's targets in the whole batch.</param>
    /// <param name="seeds">For each sample of the part a seed of its own.</param>
    public PartLoss Compute(MultimodalModel model, Batch part, long[] counts, IReadOnlyList<long> seeds)
    {
        var mine = CountsOf(part);
        var pass = new ForwardPass(model, part.To(model.Device), [.. items.Where((_, i) => mine[i] > 0).Select(item => item.Objective)], seeds);
        var sums = new torch.Tensor?[items.Count];
        torch.Tensor? loss = null;
        for (var i = 0; i < items.Count; i++)
        {
            if (mine[i] == 0) continue;
            var terms = items[i].Objective.Compute(pass);
            if (terms.Count != mine[i]) throw new InvalidOperationException($"{items[i].Kind} has {terms.Count} targets in a batch that was said to have {mine[i]}.");
            sums[i] = terms.Sum;
            var share = terms.Sum / counts[i];
            if (items[i].Weight != 1) share = share * items[i].Weight;
            loss = loss is null ? share : loss + share;
        }

        return new PartLoss(loss ?? throw new InvalidOperationException("A batch without a target has no loss."), sums);
    }

    /// <summary>The optimiser has taken a step.</summary>
    public void AfterStep()
    {
        foreach (var item in items) item.Objective.AfterStep();
    }

    /// <summary>The loss of sums over a whole batch.</summary>
    /// <param name="sums">Each objective's sum.</param>
    /// <param name="counts">Each objective's targets.</param>
    public double LossOf(double[] sums, long[] counts) => items.Select((item, i) => counts[i] == 0 ? 0 : item.Weight * (sums[i] / counts[i])).Sum();

    /// <summary>Each objective's loss by its kind, averaged over its targets and not weighted; null where there is but one, and none of those without targets.</summary>
    /// <param name="sums">Each objective's sum.</param>
    /// <param name="counts">Each objective's targets.</param>
    public IReadOnlyDictionary<string, double>? TermsOf(double[] sums, long[] counts) => items.Count == 1
        ? null
        : items.Select((item, i) => (item.Kind, Index: i)).Where(pair => counts[pair.Index] > 0)
            .ToDictionary(pair => pair.Kind, pair => sums[pair.Index] / counts[pair.Index], StringComparer.Ordinal);

    private static void Check(TrainOptions options, string kind, IObjective objective)
    {
        if (objective.NeedsWholeBatch && options.MicroBatchSize < options.BatchSize)
        {
            throw OptionSource.Error(
                options, nameof(options.MicroBatchSize), $"cannot be less than the batch of {options.BatchSize} with the objective {kind}, which compares all samples of a batch with each other",
                "leave it out, with a batch_size that goes through the model at once");
        }

        if (options.ParallelParts == 1) return;
        if (objective.NeedsWholeBatch)
            throw OptionSource.Error(options, nameof(options.ParallelParts), $"must be 1 with the objective {kind}, which takes a batch as a whole");
        if (objective.DrawsRandomNumbers)
            throw OptionSource.Error(options, nameof(options.ParallelParts), $"cannot go with the objective {kind}, which draws random numbers: which part draws which would depend on which is faster", "set parallel_parts to 1");
    }
}
