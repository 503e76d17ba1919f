using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models.LanguageModels.Llama;

namespace TrainMm.Models.LanguageModels;

/// <summary>The language models.</summary>
public static class LanguageModelCatalog
{
    /// <summary>Every kind.</summary>
    public static readonly Catalog<ILanguageModel, LanguageModelContext> All = new(
        "language model",
        CatalogEntry.Of("llama", (LlamaOptions options, LanguageModelContext context) => LlamaLanguageModel.Create(options, context), "LLaMA, arXiv:2302.13971; LLaMA-2, arXiv:2307.09288"));
}
