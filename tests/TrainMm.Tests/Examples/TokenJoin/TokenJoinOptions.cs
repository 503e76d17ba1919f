using TrainMm.Core.Config;

namespace TrainMm.Tests.Examples.TokenJoin;

/// <summary>Neighbouring features joined into one soft token.</summary>
public sealed class TokenJoinOptions
{
    /// <summary>Features that become one soft token; must divide the encoder's count.</summary>
    [AtLeast(1)]
    public int Group { get; init; } = 4;
}
