using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models.InputProjectors.Linear;
using TrainMm.Models.InputProjectors.Mlp;
using TrainMm.Models.InputProjectors.QFormer;

namespace TrainMm.Models.InputProjectors;

/// <summary>The input projectors.</summary>
public static class InputProjectorCatalog
{
    /// <summary>Every kind.</summary>
    public static readonly Catalog<IInputProjector, InputProjectorContext> All = new(
        "input projector",
        CatalogEntry.Of("linear", (LinearProjectorOptions options, InputProjectorContext context) => LinearProjector.Create(options, context), "LLaVA, arXiv:2304.08485, equation 1"),
        CatalogEntry.Of("mlp", (MlpProjectorOptions options, InputProjectorContext context) => MlpProjector.Create(options, context), "LLaVA-1.5, arXiv:2310.03744, section 3.2"),
        CatalogEntry.Of("q_former", (QFormerOptions options, InputProjectorContext context) => QFormerProjector.Create(options, context), "BLIP-2, arXiv:2301.12597, section 3; InstructBLIP, arXiv:2305.06500, section 2.3"));
}
