using TorchSharp.Modules;
using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Models.Peft.Prefix;

/// <summary>A language model that is given a learned prefix with every call, so that nobody who calls it has to think of it.</summary>
/// <param name="model">The language model.</param>
/// <param name="prompts">[P, 2 L · key heads · d], fp32 master.</param>
internal sealed class PrefixedLanguageModel(ILanguageModel model, Parameter prompts) : ILanguageModel
{
    /// <inheritdoc/>
    public LanguageModelSpec Spec { get; } = model.Spec with { MaxPositions = model.Spec.MaxPositions - (int)prompts.shape[0] };

    /// <inheritdoc/>
    public nn.Module Module => model.Module;

    /// <inheritdoc/>
    public Tensor Embed(Tensor ids) => model.Embed(ids);

    /// <inheritdoc/>
    public Tensor Decode(Tensor embeddings, DecoderInput input)
    {
        var heads = prompts.view(prompts.shape[0], 2 * Spec.Layers, Spec.KeyHeads, Spec.HeadWidth).permute(1, 2, 0, 3).unsqueeze(1); // [2 L, 1, key heads, P, d]
        var prefix = Enumerable.Range(0, Spec.Layers).Select(layer => (heads[2 * layer], heads[(2 * layer) + 1])).ToArray();
        return model.Decode(embeddings, input with { LearnedPrefix = prefix });
    }

    /// <inheritdoc/>
    public Tensor Logits(Tensor hidden) => model.Logits(hidden);

    /// <inheritdoc/>
    public void Dispose() => model.Dispose();
}
