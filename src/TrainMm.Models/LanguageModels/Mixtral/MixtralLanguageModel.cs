using TrainMm.Models.LanguageModels.Llama;

namespace TrainMm.Models.LanguageModels.Mixtral;

/// <summary>Mixtral (arXiv:2401.04088, section 2): a Mistral whose feed-forward layer is one of several experts, chosen for each token by a router.</summary>
internal static class MixtralLanguageModel
{
    /// <summary>Builds the model and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static LlamaLanguageModel Create(MixtralOptions options, LanguageModelContext context) =>
        LanguageModelSource.Create<MixtralArchitecture, LlamaLanguageModel>(options, context, (sizes, scope) => new LlamaLanguageModel(sizes.ToSizes(options.WindowCountsItself), scope));
}
