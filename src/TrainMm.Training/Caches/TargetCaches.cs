using System.Globalization;
using TorchSharp;
using TrainMm.Core;
using TrainMm.Core.Kept;
using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Training.Loop;
using TrainMm.Training.Objectives;

namespace TrainMm.Training.Caches;

/// <summary>The disk stores of a run's generators, each in a folder that is named after all that its targets depend on beside caption and medium.</summary>
internal sealed class TargetCaches : IDisposable
{
    private readonly List<(string Modality, TensorStore Store)> stores = [];

    /// <summary>Opens the stores, and lets the model's targets be kept there.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="model">The model, with the parts that the run starts from.</param>
    /// <param name="data">Tokenizers of captions, and what media look like.</param>
    /// <param name="samples">Samples of the training set.</param>
    /// <param name="samplesPerEpoch">Samples of an epoch, which in a mixture are more or fewer.</param>
    /// <param name="notice">Told what is kept where.</param>
    public static TargetCaches Open(RunOptions options, MultimodalModel model, DataAssembly data, long samples, long samplesPerEpoch, Action<RunNotice> notice)
    {
        var caches = new TargetCaches();
        var cache = options.Train.TargetCache;
        var isSeenAgain = options.Train.TotalSteps(samplesPerEpoch) * options.Train.BatchSize > samples;
        var root = cache.Folder ?? CacheFolder.Of("generator-targets");
        if (cache.Use == TargetCaching.Off || (cache.Use == TargetCaching.Auto && !isSeenAgain && !Directory.Exists(root))) return caches;
        foreach (var (modality, path) in model.Outputs)
        {
            if (ChangeInTraining(path)) continue;
            using var scope = torch.NewDisposeScope();
            var probes = Probes(options, modality, path, model, data);
            if (probes.Length == 0) continue;
            try
            {
                var wanted = samples * probes.Skip(1).Sum(probe => probe.numel() * probe.element_size());
                var folder = Path.Combine(root, $"{modality}-{KeptFingerprint.Of(options.Model.Generation[modality].Generator, path.Generator.Module, model, options.Train.ParallelParts > 1 ? 1 : torch.get_num_threads(), probes)}");
                caches.Add(modality, path, TensorStore.Open(folder, RoomIn(new CacheBudget(root, cache.MaxGib), cache, wanted, isSeenAgain)), folder, notice);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                notice(new RunNotice($"Targets of the {modality} generator cannot be kept (train.target_cache): {fault.Message}", IsWarning: true));
            }
        }

        return caches;
    }

    /// <summary>Says how many targets were read and added, and what went wrong.</summary>
    public void Tell(Action<RunNotice> notice)
    {
        foreach (var (modality, store) in stores)
        {
            notice(new RunNotice($"Targets of the {modality} generator: {store.Found} read, {store.Added} computed and kept."));
            if (store.Damaged > 0) notice(new RunNotice($"{store.Damaged} kept targets of the {modality} generator were damaged and were computed again.", IsWarning: true));
            if (store.Closed is { } reason) notice(new RunNotice($"Not all targets of the {modality} generator are kept: {reason}. train.target_cache says where, and how much.", IsWarning: true));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, store) in stores) store.Dispose();
    }

    private void Add(string modality, OutputPath path, TensorStore store, string folder, Action<RunNotice> notice)
    {
        if (store.Known == 0 && !store.IsGrowing)
        {
            store.Dispose();
            return;
        }

        path.Targets.Store = store;
        stores.Add((modality, store));
        notice(new RunNotice(string.Create(CultureInfo.InvariantCulture, $"Targets of the {modality} generator: {store.Known} are kept in {folder} (train.target_cache).")));
    }

    /// <summary>Whether what a generator makes of captions and media changes from step to step. One that is trained by itself is asked for its own conditions, with a gradient, and its latents alone are targets.</summary>
    private static bool ChangeInTraining(OutputPath path) =>
        path is not { Projectors.Count: 0, Generator: ILatentDiffusionGenerator { IsAutoencoderFrozen: true } }
        && path.Generator.Module.parameters().Any(parameter => parameter.requires_grad);

    /// <summary>What the generator makes on this machine of a few inputs that never change: an empty caption, and for each kind of target that the run needs one input. Nothing where the run needs none.</summary>
    private static torch.Tensor[] Probes(RunOptions options, string modality, OutputPath path, MultimodalModel model, DataAssembly data)
    {
        var needsConditions = options.Objectives.Any(objective => objective.Kind == ObjectiveCatalog.ConditionAlignment);
        var shape = data.TargetShapeOf(modality);
        if (!needsConditions && shape is null) return [];
        using var noise = new torch.Generator(0, torch.CPU);
        return
        [
            path.Targets.Condition(Caption("")),
            .. needsConditions ? [path.Targets.Condition(Caption("two red squares beside a small blue circle, seen from above"))] : (torch.Tensor[])[],
            .. shape is null ? [] : (torch.Tensor[])[path.Targets.Encode(torch.rand([1, .. shape], torch.float32, generator: noise).mul(2).sub(1).to(model.Device))],
        ];

        torch.Tensor Caption(string text) => torch.tensor(data.CaptionOf(modality, text), device: model.Device).unsqueeze(0);
    }

    /// <summary>Bytes that the run may add.</summary>
    private static long RoomIn(CacheBudget budget, TargetCacheOptions cache, long wanted, bool isSeenAgain) =>
        cache.Use == TargetCaching.On || (isSeenAgain && budget.Objection(wanted) is null) ? budget.Room : 0;
}
