using TrainMm.Models.LanguageModels.Llama;

namespace TrainMm.Models.LanguageModels.Qwen;

/// <summary>
/// Qwen (arXiv:2309.16609, section 2.3): a LLaMA under names of its own, with biases on queries, keys and values. Beyond the length of pre-training its queries are scaled and its rotary base grows
/// (section 2.4), but not while it is trained.
/// </summary>
internal static class QwenLanguageModel
{
    /// <summary>Builds the model and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static LlamaLanguageModel Create(QwenOptions options, LanguageModelContext context) =>
        LanguageModelSource.Create<QwenArchitecture, LlamaLanguageModel>(options, context, (sizes, scope) => new LlamaLanguageModel(sizes.ToSizes(), scope));
}
