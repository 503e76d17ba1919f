using TrainMm.Models.Layers;

namespace TrainMm.Models.LanguageModels;

/// <summary>What is known when a language model is built.</summary>
/// <param name="Scope">The root of its parameters; holds the adapter, if there is one.</param>
/// <param name="Seed">The run's seed, for parts without a checkpoint.</param>
public sealed record LanguageModelContext(ModuleScope Scope, ulong Seed);
