using TrainMm.Core.Config;

namespace TrainMm.Models.InputProjectors.PixelShuffle;

/// <summary>In which order InternVL's code leaves the joined squares.</summary>
public enum PixelShuffleOrder
{
    /// <summary>Row by row (InternVL's <c>ps_version: v2</c>).</summary>
    Rows,

    /// <summary>Column by column (<c>ps_version: v1</c>, a slip that its first checkpoints were trained with).</summary>
    Columns,
}

/// <summary>Squares of neighbouring features joined into one soft token.</summary>
public sealed class PixelShuffleOptions
{
    /// <summary>Side of the square of features that becomes one soft token; must divide the grid's sides.</summary>
    [AtLeast(1)]
    public int Factor { get; init; } = 2;

    /// <summary>The order of the soft tokens.</summary>
    public PixelShuffleOrder Order { get; init; } = PixelShuffleOrder.Rows;

    /// <summary>Where its parameters come from: a run's input_projector.safetensors, or an InternVL's folder. Null starts it at random.</summary>
    [PathValue(PathRule.Existing)]
    public string? Checkpoint { get; init; }
}
