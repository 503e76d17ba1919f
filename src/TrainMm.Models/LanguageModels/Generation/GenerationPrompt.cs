using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Generation;

/// <summary>What a text is continued from.</summary>
/// <param name="Embeddings">[B, T, D], with the media's soft tokens at their places.</param>
/// <param name="AttentionMask">[B, T] bool, true at a real token; padding may lie on either side.</param>
/// <param name="MediaMask">[B, T] bool, true at a medium's position, for an adapter or a fusion that acts there alone; else null.</param>
/// <param name="Fusion">What a fusion does within the layers; null is nothing.</param>
/// <param name="Positions">[B, T] int64, where they are not simply counted: null counts real tokens.</param>
public sealed record GenerationPrompt(Tensor Embeddings, Tensor AttentionMask, Tensor? MediaMask = null, ILayerFusion? Fusion = null, Tensor? Positions = null);
