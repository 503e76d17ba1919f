using TrainMm.Models.LanguageModels.Llama;

namespace TrainMm.Models.LanguageModels.Gemma;

/// <summary>
/// Gemma (arXiv:2403.08295, section 2): a LLaMA with heads of their own width, tied embeddings that are scaled by √D before the first layer (soft tokens too, as in Hugging Face's), norms that
/// multiply by 1 + w, and a feed-forward layer with GELU.
/// </summary>
internal static class GemmaLanguageModel
{
    /// <summary>Builds the model and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static LlamaLanguageModel Create(GemmaOptions options, LanguageModelContext context) =>
        LanguageModelSource.Create<GemmaArchitecture, LlamaLanguageModel>(options, context, (sizes, scope) => new LlamaLanguageModel(sizes.ToSizes(), scope));
}
