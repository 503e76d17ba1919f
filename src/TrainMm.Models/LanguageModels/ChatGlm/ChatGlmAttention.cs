using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.ChatGlm;

/// <summary>Self-attention whose projection holds each head's query, key and value side by side; the first half of each head turns by the token's place in the question, the second by that in the answer.</summary>
internal sealed class ChatGlmAttention : DecoderAttention
{
    private readonly int heads;
    private readonly int width;
    private readonly LinearLayer joined;
    private readonly LinearLayer output;

    public ChatGlmAttention(int layer, ChatGlmArchitecture sizes, ModuleScope scope)
        : base(nameof(ChatGlmAttention), layer, sizes.HiddenSize, sizes.NumAttentionHeads)
    {
        heads = sizes.NumAttentionHeads;
        width = sizes.HiddenSize / heads;
        joined = Add("query_key_value", scope.Child("query_key_value").Linear(sizes.HiddenSize, 3 * sizes.HiddenSize, bias: true));
        output = Add("dense", scope.Child("dense").Linear(sizes.HiddenSize, sizes.HiddenSize, bias: true));
    }

    /// <summary>
    /// One table for both halves: [B, 1, T, d/2] of each → [B, 1, T, d]. A table turns dimension i with i + d/2, so the four quarters are laid crosswise, as those of the heads are.
    /// </summary>
    public static RotaryTable Angles(RotaryTable first, RotaryTable second) => new(Crosswise(first.Cosine, second.Cosine), Crosswise(first.SignedSine, second.SignedSine));

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, DecoderPass pass, bool onlyWanted)
    {
        using var scope = NewDisposeScope();
        var all = Attention.Split(joined.Forward(x, pass.MediaRows), heads);    // [B, heads, T, 3 d]
        var q = pass.Rotary.Turn(Crosswise(all.narrow(-1, 0, width)));          // [B, heads, T, d]
        var k = pass.Rotary.Turn(Crosswise(all.narrow(-1, width, width)));      // [B, heads, T, d]; scores do not mind that both are crosswise
        var v = all.narrow(-1, 2 * width, width);                               // [B, heads, T, d]
        return Mix(q, k, v, output, pass, onlyWanted).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override (Tensor Keys, Tensor Values) Remember(Tensor outside)
    {
        var all = Attention.Split(joined.Forward(outside), heads);              // [B, heads, K, 3 d]
        return (Crosswise(all.narrow(-1, width, width)), all.narrow(-1, 2 * width, width));
    }

    /// <summary>Quarters 1 2 3 4 → 1 3 2 4.</summary>
    private static Tensor Crosswise(Tensor heads)
    {
        var half = heads.shape[^1] / 2;
        return Crosswise(heads.narrow(-1, 0, half), heads.narrow(-1, half, half));
    }

    private static Tensor Crosswise(Tensor first, Tensor second)
    {
        var quarter = first.shape[^1] / 2;
        return cat([first.narrow(-1, 0, quarter), second.narrow(-1, 0, quarter), first.narrow(-1, quarter, quarter), second.narrow(-1, quarter, quarter)], -1);
    }
}
