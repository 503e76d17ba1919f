using TrainMm.Core.Roles;
using TrainMm.Models.Generators.Diffusion.Noise;
using TrainMm.Models.Generators.Diffusion.Samplers;
using TrainMm.Models.Generators.Diffusion.Vae;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Diffusion;

/// <summary>The loss and the sampling of a latent diffusion model, whatever its latents are of.</summary>
/// <param name="schedule">The noise.</param>
/// <param name="network">Noised latents [B, ...] float32, timesteps [B] and condition [B, C, Dg] to the prediction [B, ...].</param>
internal sealed class LatentDiffusion(NoiseSchedule schedule, Func<Tensor, Tensor, Tensor, Tensor> network)
{
    /// <summary>‖target − prediction‖² / numbers, for each sample (arXiv:2112.10752, equation 3; arXiv:2401.13601, equation 5): [B] float32.</summary>
    /// <param name="condition">[B, C, Dg].</param>
    /// <param name="moments">[B, 2 · channels, ...] float32, the autoencoder's.</param>
    /// <param name="scale">What latents are multiplied with.</param>
    /// <param name="keys">Each sample's key of random numbers.</param>
    /// <exception cref="ArgumentException">The numbers of samples differ.</exception>
    public Tensor Loss(Tensor condition, Tensor moments, double scale, IReadOnlyList<long> keys)
    {
        if (condition.shape[0] != keys.Count || moments.shape[0] != keys.Count)
            throw new ArgumentException($"There are {condition.shape[0]} conditions, {moments.shape[0]} encoded media and {keys.Count} keys.", nameof(keys));
        using var scope = NewDisposeScope();
        var posterior = new LatentPosterior(moments);
        var shape = posterior.Mean.shape[1..];
        var draws = keys.Select(key => Draw(key, shape)).ToArray();
        long[] timesteps = [.. draws.Select(draw => draw.Timestep)];
        var latents = posterior.Draw(Joined(draws.Select(draw => draw.OfLatents), moments.device)).mul(scale);     // [B, channels, ...]
        var noise = Joined(draws.Select(draw => draw.OfProcess), moments.device);
        var predicted = network(schedule.AddNoise(latents, noise, timesteps), tensor(timesteps, device: moments.device), condition);
        var error = predicted.to_type(ScalarType.Float32).sub(schedule.Target(latents, noise, timesteps));
        return error.pow(2).flatten(1).mean([1]).MoveToOuterDisposeScope();                                        // [B]
    }

    /// <summary>Standard normal numbers of each key, drawn on the CPU whatever device the run has: [B, ...] float32.</summary>
    /// <param name="keys">Each sample's key.</param>
    /// <param name="shape">One sample's numbers.</param>
    /// <param name="device">Where they shall lie.</param>
    public static Tensor NoiseOf(IReadOnlyList<long> keys, long[] shape, Device device)
    {
        using var scope = NewDisposeScope();
        return Joined(keys.Select(key =>
        {
            using var generator = new Generator(unchecked((ulong)key), CPU);
            return Normal(shape, generator);
        }), device).MoveToOuterDisposeScope();
    }

    /// <summary>Latents of each condition: [B, ...] float32, scaled.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="sampler">A sampler that was not used before.</param>
    /// <param name="shape">One sample's latents.</param>
    /// <param name="device">Where they are computed.</param>
    /// <exception cref="ArgumentException">The numbers of samples differ, or guidance lacks its negative condition.</exception>
    public Tensor Sample(SampleRequest request, ISampler sampler, long[] shape, Device device)
    {
        if (request.Condition.shape[0] != request.Seeds.Count) throw new ArgumentException($"There are {request.Condition.shape[0]} conditions and {request.Seeds.Count} seeds.", nameof(request));
        var isGuided = Math.Abs(request.GuidanceScale - 1) > 0;
        if (isGuided && request.Negative is null) throw new ArgumentException($"A guidance scale of {request.GuidanceScale} needs a negative condition.", nameof(request));
        using var scope = NewDisposeScope();
        var condition = isGuided ? cat([request.Negative!.expand_as(request.Condition), request.Condition], 0) : request.Condition;   // [B or 2B, C, Dg]
        var generators = request.Seeds.Select(seed => new Generator(unchecked((ulong)seed), CPU)).ToArray();
        try
        {
            var latents = Noise();                                                                                 // [B, ...]
            for (var step = 0; step < sampler.Timesteps.Count; step++)
            {
                var timesteps = full([condition.shape[0]], sampler.Timesteps[step], ScalarType.Int64, device);
                var said = network(isGuided ? cat([latents, latents], 0) : latents, timesteps, condition).to_type(ScalarType.Float32);
                latents = sampler.Step(step, isGuided ? Guided(said, request.GuidanceScale) : said, latents, Noise);
            }

            return latents.MoveToOuterDisposeScope();
        }
        finally
        {
            foreach (var generator in generators) generator.Dispose();
        }

        Tensor Noise() => Joined(generators.Select(generator => Normal(shape, generator)), device);
    }

    /// <summary>The negative condition's prediction, and from there so many times the way to the condition's (arXiv:2207.12598, equation 6).</summary>
    private static Tensor Guided(Tensor both, double scale)
    {
        var halves = both.chunk(2, 0);
        return halves[0].add(halves[1].sub(halves[0]).mul(scale));
    }

    /// <summary>A sample's timestep, the noise of its latents and that of the process, drawn on the CPU whatever device the run has.</summary>
    private (long Timestep, Tensor OfLatents, Tensor OfProcess) Draw(long key, long[] shape)
    {
        using var generator = new Generator(unchecked((ulong)key), CPU);
        var timestep = randint(0L, schedule.Options.NumTrainTimesteps, [1], ScalarType.Int64, CPU, generator: generator).item<long>();
        return (timestep, Normal(shape, generator), Normal(shape, generator));
    }

    private static Tensor Normal(long[] shape, Generator generator) => empty(shape, ScalarType.Float32, CPU).normal_(0, 1, generator);

    private static Tensor Joined(IEnumerable<Tensor> samples, Device device) => stack([.. samples], 0).to(device);
}
