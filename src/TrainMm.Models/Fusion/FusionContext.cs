using TrainMm.Core.Roles;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Fusion;

/// <summary>What is known when a fusion is built: after the language model and the encoders, before the input projectors.</summary>
/// <param name="Scope">The root of its parameters.</param>
/// <param name="LanguageModel">The language model, its parameters with their values.</param>
/// <param name="Features">Modality → what its encoder gives.</param>
/// <param name="Seed">The run's seed, for fusions without a checkpoint.</param>
public sealed record FusionContext(ModuleScope Scope, ILanguageModel LanguageModel, IReadOnlyDictionary<string, FeatureSpec> Features, ulong Seed);
