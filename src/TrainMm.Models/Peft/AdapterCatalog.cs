using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models.Peft.Lora;
using TrainMm.Models.Peft.PartialLora;

namespace TrainMm.Models.Peft;

/// <summary>The parameter-efficient tuning methods.</summary>
public static class AdapterCatalog
{
    /// <summary>Every kind.</summary>
    public static readonly Catalog<IPeftMethod, PeftContext> All = new(
        "adapter",
        CatalogEntry.Of("lora", (LoraOptions options, PeftContext context) => new LoraMethod(options, context), "LoRA, arXiv:2106.09685; rsLoRA, arXiv:2312.03732; DoRA, arXiv:2402.09353"),
        CatalogEntry.Of("partial_lora", (LoraOptions options, PeftContext context) => new PartialLoraMethod(options, context), "InternLM-XComposer2, arXiv:2401.16420, section 3.2"));
}
