using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.Generators.Diffusion.Noise;
using TrainMm.Models.Generators.Diffusion.Samplers;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Generators.Diffusion;

/// <summary>A pipeline's folder as diffusers lays it out: a folder for each part, with its configuration and its weights.</summary>
internal static class DiffusersFolder
{
    private const string Weights = "diffusion_pytorch_model";
    private const string SchedulerFile = "scheduler_config.json";

    /// <summary>A part's <c>config.json</c>.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">There is none, or it is damaged.</exception>
    public static HuggingFaceConfig Config(string folder, string part) => HuggingFaceConfig.Open(Path.Combine(folder, part));

    /// <summary>The noise, from <c>scheduler_config.json</c>.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">There is none, or a value is not known here.</exception>
    public static NoiseScheduleOptions Scheduler(string folder) => NoiseScheduleOptions.Read(OpenScheduler(folder));

    /// <summary>A folder within the checkpoint; null where there is no checkpoint.</summary>
    public static string? Within(string? folder, string name) => folder is null ? null : Path.Combine(folder, name);

    /// <summary>What makes a sampler of so many steps: the one that the options name, else the checkpoint's.</summary>
    /// <param name="options">The generator's options.</param>
    /// <param name="noise">The noise.</param>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The sampler cannot take the noise away, or is not known here.</exception>
    public static Func<int, ISampler> SamplerOf(DiffusionOptions options, NoiseScheduleOptions noise)
    {
        var kind = options.Sampler ?? (options.Checkpoint is { } folder ? OwnSampler(options, folder) : options.UsualSampler);
        if (kind != SamplerKind.Ddim && noise.RescaleBetasZeroSnr)
            throw OptionSource.Error(options, nameof(options.Sampler), "the noise leaves nothing of the signal at the last timestep, where only ddim can begin", "sampler: ddim");
        if (kind == SamplerKind.Pndm && noise.PredictionType == PredictionType.Sample)
            throw OptionSource.Error(options, nameof(options.Sampler), "pndm does not know what to do with a prediction of x₀", "ddim and dpm_solver do");
        var schedule = new NoiseSchedule(noise);
        return steps => kind switch
        {
            SamplerKind.Ddim => new DdimSampler(schedule, steps, options.Eta),
            SamplerKind.DpmSolver => new DpmSolverSampler(schedule, steps),
            _ => new PndmSampler(schedule, steps),
        };
    }

    /// <summary>Fills the parameters behind a part's name from the part's folder.</summary>
    /// <param name="scope">The generator's root.</param>
    /// <param name="options">The generator's options, with a checkpoint.</param>
    /// <param name="part">The folder, and what stands before the parameters' names.</param>
    /// <param name="layouts">The layouts that are known for the part.</param>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The weights do not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The weights are missing or damaged.</exception>
    public static void Load(ModuleScope scope, DiffusionOptions options, string part, params IReadOnlyList<KeyMap> layouts)
    {
        using var source = WeightSource.Open(Path.Combine(options.Checkpoint!, part), $"{Weights}.safetensors", $"{Weights}.bin");
        PartCheckpoint.Load(scope, options, nameof(options.Checkpoint), source, layouts, name => name.StartsWith($"{part}.", StringComparison.Ordinal));
    }

    private static HuggingFaceConfig OpenScheduler(string folder) => HuggingFaceConfig.Open(Path.Combine(folder, "scheduler"), SchedulerFile);

    private static SamplerKind OwnSampler(DiffusionOptions options, string folder)
    {
        var name = OpenScheduler(folder).Text("_class_name", "PNDMScheduler");
        return name switch
        {
            "PNDMScheduler" => SamplerKind.Pndm,
            "DDIMScheduler" => SamplerKind.Ddim,
            "DPMSolverMultistepScheduler" => SamplerKind.DpmSolver,
            _ => throw OptionSource.Error(options, nameof(options.Sampler), $"the checkpoint's sampler, {name}, is not known here", "give one: ddim, pndm or dpm_solver"),
        };
    }
}
