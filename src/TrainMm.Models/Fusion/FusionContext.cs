using TrainMm.Core.Roles;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Fusion;

/// <summary>What is known when a fusion is built.</summary>
/// <param name="Scope">The root of its parameters.</param>
/// <param name="LanguageModel">The language model's sizes.</param>
public sealed record FusionContext(ModuleScope Scope, LanguageModelSpec LanguageModel);
