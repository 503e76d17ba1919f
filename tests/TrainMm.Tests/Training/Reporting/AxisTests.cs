using TrainMm.Training.Reporting;

namespace TrainMm.Tests.Training.Reporting;

public sealed class AxisTests
{
    [Theory]
    [InlineData(2e-5)]
    [InlineData(-3.5)]
    [InlineData(1200)]
    public void AConstantStandsInTheMiddleOfWhatIsOfItsSize(double value)
    {
        var axis = Axis.Over(value, value, 5);
        Assert.InRange(axis.Share(value), 0.4, 0.6);
        Assert.All(axis.Ticks, tick => Assert.Equal(Math.Sign(value), Math.Sign(tick)));
        Assert.InRange(axis.Ticks.Max(Math.Abs), Math.Abs(value), 2 * Math.Abs(value));
    }

    [Fact]
    public void NothingButZerosStandsBetweenHalves()
    {
        var axis = Axis.Over(0, 0, 5);
        Assert.Equal(0.5, axis.Share(0));
    }

    [Theory]
    [InlineData(0.13, 9.4, 5, "0", "10")]
    [InlineData(1e-5, 9e-5, 5, "0", "1e-4")]
    public void TicksStandAtRoundFiguresAroundTheInterval(double low, double high, int ticks, string first, string last)
    {
        var axis = Axis.Over(low, high, ticks);
        Assert.Equal((first, last), (axis.Label(axis.Ticks[0]), axis.Label(axis.Ticks[^1])));
        Assert.InRange(axis.Share(low), 0, 1);
        Assert.InRange(axis.Share(high), 0, 1);
    }
}
