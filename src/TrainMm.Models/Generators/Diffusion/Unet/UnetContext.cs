using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Diffusion.Unet;

/// <summary>What a UNet's transformers see beside the places of the grid.</summary>
/// <param name="States">[B, C, width].</param>
/// <param name="Mask">[B, 1, 1, C], added to the scores; null where all is seen.</param>
public sealed record UnetContext(Tensor States, Tensor? Mask = null);
