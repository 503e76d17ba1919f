using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models.Fusion.GatedCrossAttention;
using TrainMm.Models.Fusion.LlamaAdapter;
using TrainMm.Models.Fusion.Splice;
using TrainMm.Models.Fusion.VisualExpert;

namespace TrainMm.Models.Fusion;

/// <summary>The ways to bring soft tokens into the language model.</summary>
public static class FusionCatalog
{
    /// <summary>Every kind.</summary>
    public static readonly Catalog<IFusion, FusionContext> All = new(
        "fusion",
        CatalogEntry.Of("gated_cross_attention", (GatedCrossAttentionOptions options, FusionContext context) => new GatedCrossAttentionFusion(options, context), "Flamingo, arXiv:2204.14198, section 2.1.2; OpenFlamingo, arXiv:2308.01390"),
        CatalogEntry.Of("llama_adapter", (LlamaAdapterOptions options, FusionContext context) => new LlamaAdapterFusion(options, context), "LLaMA-Adapter, arXiv:2303.16199, section 3"),
        CatalogEntry.Of("splice", (SpliceOptions _, FusionContext context) => new SpliceFusion(context.LanguageModel.Spec.Width), "LLaVA, arXiv:2304.08485, section 4.1"),
        CatalogEntry.Of("visual_expert", (VisualExpertOptions options, FusionContext context) => new VisualExpertFusion(options, context), "CogVLM, arXiv:2311.03079, section 2.1"));
}
