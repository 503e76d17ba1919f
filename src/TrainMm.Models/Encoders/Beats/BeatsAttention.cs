using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Beats;

/// <summary>
/// Self-attention with gated relative positions (WavLM, arXiv:2110.13900, section III.A): each query decides how much the bias of distances weighs. BEATs takes the gates from the query behind its projection.
/// </summary>
internal sealed class BeatsAttention : NamedModule
{
    /// <summary>What is summed for each of the two gates.</summary>
    private const int NumbersPerGate = 4;

    private readonly int heads;
    private readonly LinearLayer queries;
    private readonly LinearLayer keys;
    private readonly LinearLayer values;
    private readonly LinearLayer output;
    private readonly LinearLayer gates;
    private readonly Parameter gateScale;

    public BeatsAttention(BeatsArchitecture sizes, bool hasPositions, ModuleScope scope)
        : base(nameof(BeatsAttention))
    {
        heads = sizes.EncoderAttentionHeads;
        var width = sizes.EncoderEmbedDim;
        keys = Add("k_proj", scope.Child("k_proj").Linear(width, width, bias: true));
        values = Add("v_proj", scope.Child("v_proj").Linear(width, width, bias: true));
        queries = Add("q_proj", scope.Child("q_proj").Linear(width, width, bias: true));
        output = Add("out_proj", scope.Child("out_proj").Linear(width, width, bias: true));
        gates = Add("grep_linear", scope.Child("grep_linear").Linear(width / heads, 2 * NumbersPerGate, bias: true));
        gateScale = Add("grep_a", scope.Parameter("grep_a", 1, heads, 1, 1));
        if (hasPositions) Positions = Add("relative_attention_bias", new RelativePositions(sizes.NumBuckets, sizes.MaxDistance, heads, scope.Child("relative_attention_bias")));
    }

    /// <summary>The table that all layers share, in the first.</summary>
    public RelativePositions? Positions { get; }

    /// <summary>What the first gate's share of the bias is multiplied by.</summary>
    public Parameter GateScale => gateScale;

    /// <summary>[I, N, De] → [I, N, De].</summary>
    /// <param name="x">[I, N, De].</param>
    /// <param name="bias">[1, heads, N, N], of the distances.</param>
    /// <param name="mask">[I, 1, 1, N], added to the scores, or null.</param>
    public Tensor Forward(Tensor x, Tensor bias, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var q = Attention.Split(queries.Forward(x), heads);                // [I, heads, N, d]
        var k = Attention.Split(keys.Forward(x), heads);                   // [I, heads, N, d]
        var v = Attention.Split(values.Forward(x), heads);                 // [I, heads, N, d]
        var gated = Gate(q).mul(bias);                                     // [I, heads, N, N]
        return output.Forward(Attention.Attend(q, k, v, mask is null ? gated : gated.add(mask))).MoveToOuterDisposeScope();
    }

    /// <summary>a (s b − 1) + 2, a and b between 0 and 1.</summary>
    private Tensor Gate(Tensor q)
    {
        var shape = q.shape;
        var pair = gates.Forward(q).view(shape[0], shape[1], shape[2], 2, NumbersPerGate).sum(-1L).sigmoid();  // [I, heads, N, 2]
        var (a, b) = (pair.narrow(3, 0, 1), pair.narrow(3, 1, 1));                                             // [I, heads, N, 1]
        return a.mul(b.mul(gateScale.CastTo(q.dtype)).sub(1)).add(2);
    }
}
