using static TorchSharp.torch;

namespace TrainMm.Core.Roles;

/// <summary>Which rows of a linear layer's input are media's, and who acts there beside an adapter.</summary>
/// <param name="Rows">[M] int64, flat indices into the rows; never empty.</param>
/// <param name="Fusion">The call's fusion, if it has weights of its own for media.</param>
public sealed record MediaRows(Tensor Rows, ILayerFusion? Fusion = null);
