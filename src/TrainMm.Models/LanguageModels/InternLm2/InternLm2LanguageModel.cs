using TrainMm.Models.LanguageModels.Llama;

namespace TrainMm.Models.LanguageModels.InternLm2;

/// <summary>InternLM2 (arXiv:2403.17297, section 2.3): a LLaMA under names of its own, whose queries, keys and values come from one projection, a group of heads after the other.</summary>
internal static class InternLm2LanguageModel
{
    /// <summary>Builds the model and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static LlamaLanguageModel Create(InternLm2Options options, LanguageModelContext context) =>
        LanguageModelSource.Create<InternLm2Architecture, LlamaLanguageModel>(options, context, (sizes, scope) => new LlamaLanguageModel(sizes.ToSizes(), scope));
}
