using TrainMm.Core.Config;

namespace TrainMm.Training.Optimisation.Schedules;

/// <summary>The learning-rate schedules by kind.</summary>
public static class ScheduleCatalog
{
    private const string Transformers = "Hugging Face transformers, optimization.py";

    /// <summary>All kinds.</summary>
    public static readonly Catalog<ILearningRateSchedule, ScheduleContext> All = new(
        "learning-rate schedule",
        CatalogEntry.Of("constant", (ConstantOptions options, ScheduleContext context) => new ConstantSchedule(options, context), Transformers),
        CatalogEntry.Of("linear", (LinearOptions options, ScheduleContext context) => new LinearSchedule(options, context), Transformers),
        CatalogEntry.Of("cosine", (CosineOptions options, ScheduleContext context) => new CosineSchedule(options, context), "SGDR, arXiv:1608.03983, equation 5, one period"),
        CatalogEntry.Of("polynomial", (PolynomialOptions options, ScheduleContext context) => new PolynomialSchedule(options, context), Transformers),
        CatalogEntry.Of("inverse_sqrt", (InverseSquareRootOptions options, ScheduleContext context) => new InverseSquareRootSchedule(options, context), "arXiv:2106.04560, section 3.1"));
}
