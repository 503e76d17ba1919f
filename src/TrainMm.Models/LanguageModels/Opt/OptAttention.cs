using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Opt;

/// <summary>Causal self-attention without positions of its own.</summary>
internal sealed class OptAttention : DecoderAttention
{
    private readonly int heads;
    private readonly LinearLayer queries;
    private readonly LinearLayer keys;
    private readonly LinearLayer values;
    private readonly LinearLayer output;

    public OptAttention(int layer, OptArchitecture sizes, ModuleScope scope)
        : base(nameof(OptAttention), layer, sizes.HiddenSize, sizes.NumAttentionHeads)
    {
        heads = sizes.NumAttentionHeads;
        queries = Add("q_proj", scope.Child("q_proj").Linear(sizes.HiddenSize, sizes.HiddenSize, sizes.EnableBias));
        keys = Add("k_proj", scope.Child("k_proj").Linear(sizes.HiddenSize, sizes.HiddenSize, sizes.EnableBias));
        values = Add("v_proj", scope.Child("v_proj").Linear(sizes.HiddenSize, sizes.HiddenSize, sizes.EnableBias));
        output = Add("out_proj", scope.Child("out_proj").Linear(sizes.HiddenSize, sizes.HiddenSize, sizes.EnableBias));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, DecoderPass pass, bool onlyWanted)
    {
        using var scope = NewDisposeScope();
        var q = Attention.Split(queries.Forward(x, pass.MediaRows), heads);     // [B, heads, T, d]
        var k = Attention.Split(keys.Forward(x, pass.MediaRows), heads);        // [B, heads, T, d]
        var v = Attention.Split(values.Forward(x, pass.MediaRows), heads);      // [B, heads, T, d]
        return Mix(q, k, v, output, pass, onlyWanted).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override (Tensor Keys, Tensor Values) Remember(Tensor outside) => (Attention.Split(keys.Forward(outside), heads), Attention.Split(values.Forward(outside), heads));
}
