using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models.Fusion.Splice;

namespace TrainMm.Models.Fusion;

/// <summary>The ways to bring soft tokens into the language model.</summary>
public static class FusionCatalog
{
    /// <summary>Every kind.</summary>
    public static readonly Catalog<IFusion, FusionContext> All = new(
        "fusion",
        CatalogEntry.Of("splice", (SpliceOptions _, FusionContext _) => new SpliceFusion(), "LLaVA, arXiv:2304.08485, section 4.1"));
}
