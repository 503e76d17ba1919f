using TrainMm.Training.Optimisation.Schedules;

namespace TrainMm.Tests.Training;

public sealed class ScheduleTests
{
    private static readonly ScheduleContext Run = new(TotalSteps: 40);

    [Fact]
    public void WarmupRatioRoundsUpToWholeSteps()
    {
        var schedule = new CosineSchedule(new CosineOptions { WarmupRatio = 0.03 }, Run);
        Assert.Equal([0, 0.5, 1], [schedule.FactorAt(0), schedule.FactorAt(1), schedule.FactorAt(2)]);
    }

    [Fact]
    public void WithoutWarmupTheFirstStepHasTheFullRate() => Assert.Equal(1, new LinearSchedule(new LinearOptions(), Run).FactorAt(0));

    [Fact]
    public void WarmupStepsTakeThePlaceOfTheRatio()
    {
        var schedule = new ConstantSchedule(new ConstantOptions { WarmupRatio = 0.5, WarmupSteps = 2 }, Run);
        Assert.Equal([0, 0.5, 1], [schedule.FactorAt(0), schedule.FactorAt(1), schedule.FactorAt(2)]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.25)]
    public void DecaysEndAtTheMinimumAndStayThere(double minimum)
    {
        ILearningRateSchedule[] schedules =
        [
            new LinearSchedule(new LinearOptions { MinRatio = minimum }, Run),
            new CosineSchedule(new CosineOptions { MinRatio = minimum }, Run),
            new PolynomialSchedule(new PolynomialOptions { MinRatio = minimum, Power = 2 }, Run),
        ];
        foreach (var schedule in schedules)
        {
            Assert.Equal(minimum, schedule.FactorAt(40), 15);
            Assert.Equal(minimum, schedule.FactorAt(50), 15);
            Assert.True(schedule.FactorAt(39) > minimum);
        }
    }
}
