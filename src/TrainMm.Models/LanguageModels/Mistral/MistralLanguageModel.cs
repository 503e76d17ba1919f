using TrainMm.Models.LanguageModels.Llama;

namespace TrainMm.Models.LanguageModels.Mistral;

/// <summary>Mistral (arXiv:2310.06825, section 2): a LLaMA with shared key and value heads whose tokens see only so far back (sliding window attention).</summary>
internal static class MistralLanguageModel
{
    /// <summary>Builds the model and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static LlamaLanguageModel Create(MistralOptions options, LanguageModelContext context) =>
        LanguageModelSource.Create<MistralArchitecture, LlamaLanguageModel>(options, context, (sizes, scope) => new LlamaLanguageModel(sizes.ToSizes(options.WindowCountsItself), scope));
}
