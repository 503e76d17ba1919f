using TrainMm.Core.Config;

namespace TrainMm.Data.Text.Templates;

/// <summary>The chat templates by kind; a template is built for the tokenizer that its texts go through.</summary>
public static class TemplateCatalog
{
    /// <summary>All kinds.</summary>
    public static readonly Catalog<ChatTemplate, ITokenizer> All = new(
        "chat template",
        CatalogEntry.Of("plain", (PlainTemplateOptions options, ITokenizer tokenizer) => new ChatTemplate(options, tokenizer), "LLaVA, arXiv:2304.08485, section 4.2"),
        CatalogEntry.Of("vicuna_v0", (VicunaV0TemplateOptions options, ITokenizer tokenizer) => new ChatTemplate(options, tokenizer), "LLaVA, arXiv:2304.08485; FastChat, conv_vicuna_v0"),
        CatalogEntry.Of("vicuna_v1", (VicunaV1TemplateOptions options, ITokenizer tokenizer) => new ChatTemplate(options, tokenizer), "LLaVA 1.5, arXiv:2310.03744; FastChat, conv_vicuna_v1"),
        CatalogEntry.Of("llava_v1", (LlavaV1TemplateOptions options, ITokenizer tokenizer) => new ChatTemplate(options, tokenizer), "LLaVA, conv_llava_v1"),
        CatalogEntry.Of("llama_2", (Llama2TemplateOptions options, ITokenizer tokenizer) => new ChatTemplate(options, tokenizer), "LLaMA 2, arXiv:2307.09288, appendix A.3.3"),
        CatalogEntry.Of("llama_3", (Llama3TemplateOptions options, ITokenizer tokenizer) => new ChatTemplate(options, tokenizer), "LLaMA 3, arXiv:2407.21783; LLaVA-NeXT, conv_llava_llama_3"),
        CatalogEntry.Of("mpt", (MptTemplateOptions options, ITokenizer tokenizer) => new ChatTemplate(options, tokenizer), "MPT; LLaVA, conv_mpt"),
        CatalogEntry.Of("phi", (PhiTemplateOptions options, ITokenizer tokenizer) => new ChatTemplate(options, tokenizer), "TinyLLaVA, arXiv:2402.14289"),
        CatalogEntry.Of("chatml", (ChatMlTemplateOptions options, ITokenizer tokenizer) => new ChatTemplate(options, tokenizer), "Qwen, arXiv:2309.16609, section 3.1"),
        CatalogEntry.Of("t5", (T5TemplateOptions options, ITokenizer tokenizer) => new ChatTemplate(options, tokenizer), "T5, arXiv:1910.10683; BLIP-2 with Flan-T5, arXiv:2301.12597"),
        CatalogEntry.Of("custom", (CustomTemplateOptions options, ITokenizer tokenizer) => new ChatTemplate(options, tokenizer), "the user's own"));
}
