using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Phi;

/// <summary>Causal self-attention of which a part of each head turns.</summary>
internal sealed class PhiAttention : DecoderAttention
{
    private readonly PhiArchitecture sizes;
    private readonly LinearLayer queries;
    private readonly LinearLayer keys;
    private readonly LinearLayer values;
    private readonly LinearLayer output;
    private readonly LayerNorm? queryNorm;
    private readonly LayerNorm? keyNorm;

    public PhiAttention(int layer, PhiArchitecture sizes, ModuleScope scope)
        : base(nameof(PhiAttention), layer, sizes.HiddenSize, sizes.NumAttentionHeads)
    {
        this.sizes = sizes;
        var keyWidth = sizes.KeyHeads * sizes.HeadWidth;
        queries = Add("q_proj", scope.Child("q_proj").Linear(sizes.HiddenSize, sizes.HiddenSize, bias: true));
        keys = Add("k_proj", scope.Child("k_proj").Linear(sizes.HiddenSize, keyWidth, bias: true));
        values = Add("v_proj", scope.Child("v_proj").Linear(sizes.HiddenSize, keyWidth, bias: true));
        output = Add("dense", scope.Child("dense").Linear(sizes.HiddenSize, sizes.HiddenSize, bias: true));
        if (!sizes.QkLayernorm) return;
        queryNorm = Add("q_layernorm", new LayerNorm(sizes.HeadWidth, sizes.LayerNormEps, scope.Child("q_layernorm")));
        keyNorm = Add("k_layernorm", new LayerNorm(sizes.HeadWidth, sizes.LayerNormEps, scope.Child("k_layernorm")));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, DecoderPass pass, bool onlyWanted)
    {
        using var scope = NewDisposeScope();
        var q = Attention.Split(queries.Forward(x, pass.MediaRows), sizes.NumAttentionHeads); // [B, heads, T, d]
        var k = Attention.Split(keys.Forward(x, pass.MediaRows), sizes.KeyHeads);             // [B, key heads, T, d]
        var v = Attention.Split(values.Forward(x, pass.MediaRows), sizes.KeyHeads);           // [B, key heads, T, d]
        if (queryNorm is not null) (q, k) = (queryNorm.Forward(q), keyNorm!.Forward(k));
        return Mix(pass.Rotary.Turn(q), pass.Rotary.Turn(k), v, output, pass, onlyWanted).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override (Tensor Keys, Tensor Values) Remember(Tensor outside)
    {
        var k = Attention.Split(keys.Forward(outside), sizes.KeyHeads);                       // [B, key heads, K, d]
        return (keyNorm is null ? k : keyNorm.Forward(k), Attention.Split(values.Forward(outside), sizes.KeyHeads));
    }
}
