using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models.Peft.Bottleneck;
using TrainMm.Models.Peft.Ia3;
using TrainMm.Models.Peft.Lora;
using TrainMm.Models.Peft.PartialLora;
using TrainMm.Models.Peft.Prefix;

namespace TrainMm.Models.Peft;

/// <summary>The parameter-efficient tuning methods.</summary>
public static class AdapterCatalog
{
    /// <summary>Every kind.</summary>
    public static readonly Catalog<IPeftMethod, PeftContext> All = new(
        "adapter",
        CatalogEntry.Of("adapter", (BottleneckOptions options, PeftContext context) => new BottleneckMethod(options, context), "bottleneck adapters, Houlsby et al., arXiv:1902.00751"),
        CatalogEntry.Of("ia3", (Ia3Options options, PeftContext context) => new Ia3Method(options, context), "(IA)³, arXiv:2205.05638"),
        CatalogEntry.Of("lora", (LoraOptions options, PeftContext context) => new LoraMethod(options, context), "LoRA, arXiv:2106.09685; rsLoRA, arXiv:2312.03732; DoRA, arXiv:2402.09353"),
        CatalogEntry.Of("partial_lora", (LoraOptions options, PeftContext context) => new PartialLoraMethod(options, context), "InternLM-XComposer2, arXiv:2401.16420, section 3.2"),
        CatalogEntry.Of("prefix_tuning", (PrefixOptions options, PeftContext context) => new PrefixMethod(options, context), "arXiv:2101.00190"));
}
