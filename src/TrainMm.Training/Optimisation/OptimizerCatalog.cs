using TrainMm.Core.Config;

namespace TrainMm.Training.Optimisation;

/// <summary>The optimisers by kind.</summary>
public static class OptimizerCatalog
{
    /// <summary>All kinds.</summary>
    public static readonly Catalog<IOptimizer, OptimizerContext> All = new(
        "optimizer",
        CatalogEntry.Of("adamw", (AdamWOptions options, OptimizerContext context) => new AdamW(options, context), "arXiv:1711.05101, algorithm 2"),
        CatalogEntry.Of("sgd", (SgdOptions options, OptimizerContext context) => new Sgd(options, context), "torch.optim.SGD"),
        CatalogEntry.Of("adafactor", (AdafactorOptions options, OptimizerContext context) => new Adafactor(options, context), "arXiv:1804.04235, algorithms 4 and 5"));
}
