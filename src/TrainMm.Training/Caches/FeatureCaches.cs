using System.Diagnostics;
using System.Globalization;
using TorchSharp;
using TrainMm.Core;
using TrainMm.Core.Kept;
using TrainMm.Models;
using TrainMm.Training.Loop;

namespace TrainMm.Training.Caches;

/// <summary>The kept features of a run's training set: the choice whether to keep them, the stores on disk, each in a folder that is named after all that its features depend on beside the medium, and what is said of them.</summary>
internal sealed class FeatureCaches : IDisposable
{
    /// <summary>Media that are encoded to see what this machine makes of fixed inputs, and how long it takes.</summary>
    private const int Probes = 2;

    private readonly Dictionary<string, TensorStore> stores = new(StringComparer.Ordinal);

    private FeatureCaches()
    {
    }

    /// <summary>What keeps the features; null where every step encodes its media.</summary>
    public FrozenFeatures? Features { get; private set; }

    /// <summary>What the run chose where the choice was its own; null where the configuration made it or there is nothing to keep.</summary>
    public bool? Choice { get; private set; }

    /// <summary>Chooses, and opens the stores.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="model">The model, with the parts that the run starts from.</param>
    /// <param name="data">What media look like.</param>
    /// <param name="samples">Samples of the training set.</param>
    /// <param name="samplesPerEpoch">Samples of an epoch, which in a mixture are more or fewer.</param>
    /// <param name="before">What the run chose when it began, where it goes on.</param>
    /// <param name="notice">Told what is kept where, and why.</param>
    public static FeatureCaches Open(RunOptions options, MultimodalModel model, DataAssembly data, long samples, long samplesPerEpoch, bool? before, Action<RunNotice> notice)
    {
        var caches = new FeatureCaches();
        var (cache, perMedium) = (options.Train.FeatureCache, FrozenFeatures.BytesPerMedium(model));
        if (cache == FeatureCache.Off || perMedium == 0) return caches;
        var seen = options.Train.TotalSteps(samplesPerEpoch) * options.Train.BatchSize;
        var budget = new CacheBudget(options.Train.FeatureStore.Folder ?? CacheFolder.Of("features"), options.Train.FeatureStore.MaxGib);
        var facts = new FeatureFacts
        {
            Samples = samples,
            Seen = seen,
            BytesPerMedium = perMedium,
            Known = 0,
            DiskObjection = null,
            EncodeSeconds = double.MaxValue,
            ReadSeconds = null,
            Before = before,
        };
        facts = caches.OpenStores(facts, options, model, data, budget, notice);
        var choice = FeatureChoice.Of(cache, facts);
        if (cache == FeatureCache.Auto) caches.Choice = choice.IsKept;
        caches.Keep(choice, model);
        notice(new RunNotice($"Features of frozen encoders are {caches.Where(choice)} (train.feature_cache): {choice.Reason}."));
        return caches;
    }

    /// <summary>Says how many features were read and encoded, and what went wrong.</summary>
    public void Tell(Action<RunNotice> notice)
    {
        if (Features is not { } features) return;
        var read = stores.Values.Sum(store => store.Found);
        notice(new RunNotice(string.Create(
            CultureInfo.InvariantCulture, $"Features: {features.Encoded} media encoded, {read} read from disk, {stores.Values.Sum(store => store.Added)} kept there, {features.Bytes / 1048576.0:0.#} MiB in memory.")));
        foreach (var (modality, store) in stores)
        {
            if (store.Damaged > 0) notice(new RunNotice($"{store.Damaged} kept features of modality '{modality}' were damaged and were computed again.", IsWarning: true));
            if (store.Closed is { } reason) notice(new RunNotice($"Not all features of modality '{modality}' are kept on disk: {reason}. train.feature_store says where, and how much.", IsWarning: true));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Features?.Dispose();
        foreach (var store in stores.Values) store.Dispose();
    }

    private void Keep(FeatureChoice choice, MultimodalModel model)
    {
        if (choice is { IsKept: true, OnDisk: true })
        {
            Features = new FrozenFeatures(model, FrozenFeatures.DefaultCapacity) { OneByOne = true, Stores = stores };
            return;
        }

        // What others have kept is read all the same.
        foreach (var (modality, store) in stores.ToArray())
        {
            if (choice.IsKept && store.Known > 0)
            {
                store.StopGrowing();
                continue;
            }

            store.Dispose();
            stores.Remove(modality);
        }

        if (choice.IsKept) Features = new FrozenFeatures(model, FrozenFeatures.DefaultCapacity) { OneByOne = true, Stores = stores };
    }

    private string Where(FeatureChoice choice)
    {
        if (!choice.IsKept) return "not kept";
        if (stores.Count == 0) return "kept in memory";
        return $"kept in memory and in {string.Join(" and ", stores.Values.Select(store => $"{store.Folder}, where {store.Known} are already"))}";
    }

    /// <summary>Opens a store for each frozen encoder where one could be of use, and measures.</summary>
    private FeatureFacts OpenStores(FeatureFacts facts, RunOptions options, MultimodalModel model, DataAssembly data, CacheBudget budget, Action<RunNotice> notice)
    {
        var isAuto = options.Train.FeatureCache == FeatureCache.Auto;
        var wanted = facts.Samples * facts.BytesPerMedium;
        if (isAuto && !Directory.Exists(budget.Root) && (facts.Seen <= facts.Samples || facts.Before == false)) return facts;
        try
        {
            facts = facts with { DiskObjection = isAuto ? budget.Objection(wanted) : null };
            if (isAuto && wanted < CacheBudget.WorthKeeping) return facts;
            foreach (var (modality, path) in model.Modalities.Where(pair => pair.Value.IsEncoderFrozen))
            {
                using var scope = torch.NewDisposeScope();
                using var encoder = new SoloEncoder(path, model.Device);
                using var noise = new torch.Generator(0, torch.CPU);
                var inputs = torch.randn([Probes, .. data.ShapeOf(modality)], torch.float32, generator: noise);
                var probes = encoder.Encode(inputs);
                var started = Stopwatch.GetTimestamp();
                encoder.Encode(inputs);
                var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds / Probes;
                var name = $"{modality}-{KeptFingerprint.Of(options.Model.Modalities[modality].Encoder, path.Encoder.Module, model, threads: 1, [probes])}";
                var store = TensorStore.Open(Path.Combine(budget.Root, name), budget.Room);
                stores.Add(modality, store);
                facts = facts with
                {
                    Known = facts.Known + store.Known,
                    EncodeSeconds = Math.Min(facts.EncodeSeconds, seconds),
                    ReadSeconds = isAuto ? Math.Max(facts.ReadSeconds ?? 0, ReadSeconds(budget.Root, probes.select(0, 0).contiguous())) : null,
                };
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            notice(new RunNotice($"Features cannot be kept on disk (train.feature_store): {fault.Message}", IsWarning: true));
            facts = facts with { DiskObjection = "the folder cannot be used" };
        }

        return facts;
    }

    /// <summary>Seconds that reading a medium's features takes, its check included, measured on some that were just written.</summary>
    private static double ReadSeconds(string root, torch.Tensor features)
    {
        var folder = Path.Combine(root, $".probe-{Guid.NewGuid():N}");
        try
        {
            using var store = TensorStore.Open(folder, long.MaxValue);
            var key = TensorKey.Of("probe", features);
            store.Add(key, features);
            store.Find(key);
            var started = Stopwatch.GetTimestamp();
            store.Find(key);
            return Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
        finally
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }
}
