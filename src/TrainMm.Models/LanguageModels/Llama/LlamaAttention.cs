using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Llama;

/// <summary>Causal self-attention with rotary positions and, where there are fewer of them, shared key and value heads.</summary>
internal sealed class LlamaAttention : DecoderAttention
{
    private readonly LlamaSizes sizes;
    private readonly LinearLayer queries;
    private readonly LinearLayer keys;
    private readonly LinearLayer values;
    private readonly LinearLayer output;

    public LlamaAttention(LlamaSizes sizes, int layer, ModuleScope scope)
        : base(nameof(LlamaAttention), layer, sizes.Width, sizes.Heads)
    {
        this.sizes = sizes;
        var queryWidth = sizes.Heads * sizes.HeadWidth;
        var keyWidth = sizes.KeyHeads * sizes.HeadWidth;
        queries = Add("q_proj", scope.Child("q_proj").Linear(sizes.Width, queryWidth, sizes.InputBias));
        keys = Add("k_proj", scope.Child("k_proj").Linear(sizes.Width, keyWidth, sizes.InputBias));
        values = Add("v_proj", scope.Child("v_proj").Linear(sizes.Width, keyWidth, sizes.InputBias));
        output = Add("o_proj", scope.Child("o_proj").Linear(queryWidth, sizes.Width, sizes.OutputBias));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, DecoderPass pass, bool onlyWanted)
    {
        using var scope = NewDisposeScope();
        var q = pass.Rotary.Turn(Attention.Split(queries.Forward(x, pass.MediaRows), sizes.Heads)); // [B, heads, T, d]
        var k = pass.Rotary.Turn(Attention.Split(keys.Forward(x, pass.MediaRows), sizes.KeyHeads)); // [B, key heads, T, d]
        var v = Attention.Split(values.Forward(x, pass.MediaRows), sizes.KeyHeads);                 // [B, key heads, T, d]
        return Mix(q, k, v, output, pass, onlyWanted).MoveToOuterDisposeScope();                    // [B, T, D] or [S, D]
    }

    /// <inheritdoc/>
    protected override (Tensor Keys, Tensor Values) Remember(Tensor outside) => (Attention.Split(keys.Forward(outside), sizes.KeyHeads), Attention.Split(values.Forward(outside), sizes.KeyHeads));
}
