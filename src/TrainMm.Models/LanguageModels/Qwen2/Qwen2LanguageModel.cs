using TrainMm.Models.LanguageModels.Llama;

namespace TrainMm.Models.LanguageModels.Qwen2;

/// <summary>Qwen1.5 and Qwen2 (arXiv:2309.16609, section 2.3; arXiv:2407.10671, section 2.2): a LLaMA whose queries, keys and values have biases, with shared key and value heads in most sizes.</summary>
internal static class Qwen2LanguageModel
{
    /// <summary>Builds the model and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static LlamaLanguageModel Create(Qwen2Options options, LanguageModelContext context) =>
        LanguageModelSource.Create<Qwen2Architecture, LlamaLanguageModel>(options, context, (sizes, scope) => new LlamaLanguageModel(sizes.ToSizes(options), scope));
}
