using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels;

/// <summary>
/// The loss that keeps the load of routed experts even (Switch Transformers, arXiv:2101.03961, equations 4 to 6, for k experts a token): with E experts, E times the sum over experts of the share of tokens that choose
/// it and its mean probability; as Hugging Face's Mixtral has it, over the tokens of all layers at once.
/// </summary>
/// <param name="Chosen">k, experts a token.</param>
/// <param name="Weight">The loss's weight in an objective.</param>
internal sealed record LoadBalancing(int Chosen, double Weight)
{
    /// <summary>Tells the caller what the routers said.</summary>
    /// <param name="kept">For each layer [B·T, E]; they come outside every dispose scope and are brought into the caller's.</param>
    /// <param name="input">The call.</param>
    public void Report(IReadOnlyList<Tensor> kept, DecoderInput input)
    {
        var logits = kept.Select(each => each.view(each.shape)).ToArray();
        foreach (var each in kept) each.Dispose();
        input.Routing!(new RouterOutput(logits, Loss(logits, input.AttentionMask), Weight));
    }

    /// <summary>The loss over attended positions.</summary>
    /// <param name="logits">For each layer [B·T, E].</param>
    /// <param name="attended">[B, P + T] bool, of which the last T are meant; null is all.</param>
    public Tensor Loss(IReadOnlyList<Tensor> logits, Tensor? attended)
    {
        using var scope = NewDisposeScope();
        var all = cat([.. logits], 0).to_type(ScalarType.Float32);                                             // [L·B·T, E]
        var experts = all.shape[1];
        var probabilities = all.softmax(-1);                                                                    // [L·B·T, E]
        var chosen = nn.functional.one_hot(probabilities.topk(Chosen).Item2, experts).to_type(ScalarType.Float32); // [L·B·T, k, E]
        var weights = WeightsOf(logits, attended);                                                              // [L·B·T, 1]
        var count = weights.sum();
        var load = chosen.mul(weights.unsqueeze(-1)).sum(0L).div(count);                                        // [k, E]
        var mean = probabilities.mul(weights).sum(0L).div(count);                                               // [E]
        return load.mul(mean.unsqueeze(0)).sum().mul(experts).MoveToOuterDisposeScope();
    }

    private static Tensor WeightsOf(IReadOnlyList<Tensor> logits, Tensor? attended)
    {
        var positions = logits[0].shape[0];
        if (attended is null) return ones([logits.Count * positions, 1], ScalarType.Float32, logits[0].device);
        var length = positions / attended.shape[0];
        var mask = attended.narrow(1, attended.shape[1] - length, length).reshape(-1, 1).to_type(ScalarType.Float32); // [B·T, 1]
        return cat([.. Enumerable.Repeat(mask, logits.Count)], 0);
    }
}
