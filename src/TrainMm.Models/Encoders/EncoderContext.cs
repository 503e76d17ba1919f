using TrainMm.Models.Layers;

namespace TrainMm.Models.Encoders;

/// <summary>What is known when an encoder is built.</summary>
/// <param name="Scope">The root of its parameters.</param>
/// <param name="Seed">The run's seed, for parts without a checkpoint.</param>
public sealed record EncoderContext(ModuleScope Scope, ulong Seed);
