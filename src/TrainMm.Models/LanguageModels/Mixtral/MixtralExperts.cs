using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.LanguageModels.Llama;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Mixtral;

/// <summary>
/// Feed-forward layers of which each token goes through k (Mixtral, arXiv:2401.04088, section 2.1): the router's probabilities over all experts in fp32, the k largest, brought to a sum of 1,
/// weigh what these experts make of the token.
/// </summary>
internal sealed class MixtralExperts : DecoderFeedForward
{
    private readonly int chosen;
    private readonly LinearLayer router;
    private readonly ModuleList<LlamaFeedForward> experts;

    public MixtralExperts(int count, int chosen, LlamaSizes sizes, ModuleScope scope)
        : base(nameof(MixtralExperts))
    {
        this.chosen = chosen;
        router = Add("gate", scope.Child("gate").Linear(sizes.Width, count, bias: false));
        experts = Add("experts", new ModuleList<LlamaFeedForward>([.. Enumerable.Range(0, count).Select(i => new LlamaFeedForward(sizes, scope.Child("experts").Child(i)))]));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, DecoderPass pass, MediaRows? mediaRows)
    {
        using var scope = NewDisposeScope();
        var tokens = x.reshape(-1, x.shape[^1]);                                             // [N, D]
        var logits = router.Forward(tokens, mediaRows);                                      // [N, E]
        pass.RouterLogits?.Add(logits.DetachFromDisposeScope());
        var (weights, choices) = logits.softmax(-1, ScalarType.Float32).topk(chosen);        // [N, k], [N, k]
        weights = weights.div(weights.sum(-1, keepdim: true)).CastTo(x.dtype);               // [N, k]
        var mixed = zeros_like(tokens);                                                      // [N, D]
        for (var i = 0; i < experts.Count; i++) mixed = AddExpert(i, mixed, tokens, weights, choices, pass, mediaRows);
        return mixed.view(x.shape).MoveToOuterDisposeScope();
    }

    /// <summary>Adds what one expert makes of the tokens that chose it.</summary>
    private Tensor AddExpert(int expert, Tensor mixed, Tensor tokens, Tensor weights, Tensor choices, DecoderPass pass, MediaRows? mediaRows)
    {
        var places = choices.eq(expert).nonzero();                                           // [M, 2]: token, place among its choices
        var rows = places.select(1, 0);                                                      // [M]
        // Without a token the expert still runs where gradients are wanted: its parameters then get zeros and not nothing.
        if (rows.shape[0] == 0 && !is_grad_enabled()) return mixed;
        var weight = weights.reshape(-1).index_select(0, rows.mul(chosen).add(places.select(1, 1))).unsqueeze(-1); // [M, 1]
        var made = experts[expert].Forward(tokens.index_select(0, rows), pass, MediaAmong(rows, tokens.shape[0], mediaRows)).mul(weight); // [M, D]
        return mixed.index_add(0, rows, made, 1);                                            // [N, D]
    }

    /// <summary>Which of the chosen rows are the media's.</summary>
    private static MediaRows? MediaAmong(Tensor rows, long count, MediaRows? mediaRows)
    {
        if (mediaRows is null) return null;
        var isMedia = zeros([count], ScalarType.Float32, rows.device).index_fill(0, mediaRows.Rows, 1); // [N]
        var among = isMedia.index_select(0, rows).nonzero().squeeze(-1);
        return among.shape[0] == 0 ? null : mediaRows with { Rows = among };
    }
}
