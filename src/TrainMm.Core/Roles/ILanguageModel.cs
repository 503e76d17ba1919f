using static TorchSharp.torch;

namespace TrainMm.Core.Roles;

/// <summary>A decoder that takes embeddings, so that soft tokens can stand between words, and keeps its head apart, so that logits are computed only where they are wanted.</summary>
public interface ILanguageModel : IDisposable
{
    /// <summary>The sizes that other parts have to know.</summary>
    LanguageModelSpec Spec { get; }

    /// <summary>The parameters, under their official names; those of an adapter within it too.</summary>
    nn.Module Module { get; }

    /// <summary>[B, T] int64 → [B, T, D].</summary>
    Tensor Embed(Tensor ids);

    /// <summary>[B, T, D] → [B, T, D], hidden states after the final norm; [S, D] where only some positions are <see cref="DecoderInput.Wanted"/>.</summary>
    Tensor Decode(Tensor embeddings, DecoderInput input);

    /// <summary>[..., D] → [..., V].</summary>
    Tensor Logits(Tensor hidden);
}

/// <summary>The sizes of a language model that other parts have to know.</summary>
/// <param name="Width">D.</param>
/// <param name="VocabularySize">V.</param>
/// <param name="Layers">L.</param>
/// <param name="MaxPositions">The longest sequence that it was made for.</param>
/// <param name="HasPrefix">Whether the tokens of the question all see one another (a prefix decoder, or an encoder–decoder, whose encoder reads the question), so that it must be told how many they are.</param>
public sealed record LanguageModelSpec(int Width, int VocabularySize, int Layers, int MaxPositions, bool HasPrefix = false)
{
    /// <summary>Whether its layers ask <see cref="DecoderInput.Fusion"/>.</summary>
    public bool TakesLayerFusion { get; init; } = true;

    /// <summary>Whether an encoder reads the question and a decoder writes the answer.</summary>
    public bool IsEncoderDecoder { get; init; }

    /// <summary>Whether what its layers hand on has another width than D, so that it must be projected first (OPT of 350 million).</summary>
    public bool LayersAreWider { get; init; }

    /// <summary>Whether its layers have routed experts, so that it calls <see cref="DecoderInput.Routing"/>.</summary>
    public bool HasRouters { get; init; }

    /// <summary>Key and value heads of each layer's attention; 0 where the model does not say, or its layers differ.</summary>
    public int KeyHeads { get; init; }

    /// <summary>d, the width of such a head.</summary>
    public int HeadWidth { get; init; }

    /// <summary>What the head multiplies with a token's embedding to get its logit's row, where the head is the embedding table; null where the head has rows of its own.</summary>
    public double? TiedHead { get; init; }
}

/// <summary>What a decoder needs to know beside the embeddings.</summary>
public sealed record DecoderInput
{
    /// <summary>[B, P + T] bool, true where a position may be attended to, P being what the cache holds; null where all may.</summary>
    public Tensor? AttentionMask { get; init; }

    /// <summary>[B, T] int64; null counts on from what the cache holds.</summary>
    public Tensor? Positions { get; init; }

    /// <summary>The lengths of texts that stand end to end in the only row, all positions attended and none seeing another text's; null where each row is a text. Not with a cache, nor with a prefix that sees itself.</summary>
    public IReadOnlyList<long>? Sequences { get; init; }

    /// <summary>[B, T] bool, true at a medium's position: where an adapter or a fusion for media alone acts.</summary>
    public Tensor? AdapterMask { get; init; }

    /// <summary>What a fusion does within the layers; null is nothing. Calls that continue a text are given the same as its first.</summary>
    public ILayerFusion? Fusion { get; init; }

    /// <summary>
    /// [B] int64: how many of each text's first attended tokens see one another, wherever they stand; null is none. Only a model that asks for it looks at it (<see cref="LanguageModelSpec.HasPrefix"/>).
    /// It is all that comes before the token from which the first token of the answer is foretold. To an encoder–decoder that token is the question's last, and its decoder's start token takes the place.
    /// </summary>
    public Tensor? PrefixLengths { get; init; }

    /// <summary>Keys and values of what came before; this call's are added.</summary>
    public KeyValueCache? Cache { get; init; }

    /// <summary>
    /// For each layer keys and values that stand before all others and that every token sees, [1, key heads, P, d] each; null is none. The tokens' positions then count from P on.
    /// They are neither in the mask nor in the cache.
    /// </summary>
    public IReadOnlyList<(Tensor Keys, Tensor Values)>? LearnedPrefix { get; init; }

    /// <summary>
    /// [S] int64: flat indices into [B·T] of the positions whose hidden states are wanted, null for all. What follows the last layer's attention is then computed for them alone:
    /// no other position would use it.
    /// </summary>
    public Tensor? Wanted { get; init; }

    /// <summary>Called with 0 and the embeddings, then with each layer's number from 1 and its output [B, T, D]; the last is given before the final norm, and at the wanted positions.</summary>
    public Action<int, Tensor>? Observe { get; init; }

    /// <summary>Which layers forget what they computed and compute it again for the gradient.</summary>
    public RecomputationRule Recomputation { get; init; } = RecomputationRule.None;

    /// <summary>Called once, by models with routed experts alone: what the router said, and the loss that keeps the experts' load even. It then computes every layer at all positions.</summary>
    public Action<RouterOutput>? Routing { get; init; }
}

/// <summary>What the routers of a mixture of experts said in one call. An objective adds <paramref name="Weight"/> · <paramref name="Loss"/> to its own loss, if it wants the load evened.</summary>
/// <param name="Logits">For each layer [B·T, E], E being the experts.</param>
/// <param name="Loss">The load balancing loss over all layers and attended positions, a scalar (Switch Transformers, arXiv:2101.03961, equations 4 to 6).</param>
/// <param name="Weight">The weight that the model's configuration gives the loss.</param>
public sealed record RouterOutput(IReadOnlyList<Tensor> Logits, Tensor Loss, double Weight);
