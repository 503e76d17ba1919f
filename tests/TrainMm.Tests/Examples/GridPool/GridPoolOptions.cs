using TrainMm.Core.Config;

namespace TrainMm.Tests.Examples.GridPool;

/// <summary>Squares of neighbouring features averaged into one soft token.</summary>
public sealed class GridPoolOptions
{
    /// <summary>Side of the square of features that becomes one soft token; must divide the grid's sides.</summary>
    [AtLeast(1)]
    public int Factor { get; init; } = 2;
}
