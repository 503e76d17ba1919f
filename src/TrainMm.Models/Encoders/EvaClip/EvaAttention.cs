using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.EvaClip;

/// <summary>Attention whose keys have no bias, with a fused projection or, where there is a norm before the output, three.</summary>
internal sealed class EvaAttention : NamedModule
{
    private readonly int heads;
    private readonly LinearLayer[] projections;
    private readonly Parameter? queryBias;
    private readonly Parameter? valueBias;
    private readonly LayerNorm? innerNorm;
    private readonly LinearLayer output;

    public EvaAttention(EvaClipArchitecture sizes, ModuleScope scope)
        : base(nameof(EvaAttention))
    {
        heads = sizes.Heads;
        projections = sizes.Subln ? [Project("q_proj", 1), Project("k_proj", 1), Project("v_proj", 1)] : [Project("qkv", 3)];
        if (sizes.QkvBias)
        {
            queryBias = Add("q_bias", scope.Parameter("q_bias", sizes.Width));
            valueBias = Add("v_bias", scope.Parameter("v_bias", sizes.Width));
        }

        if (sizes.Subln) innerNorm = Add("inner_attn_ln", new LayerNorm(sizes.Width, EvaLayer.Epsilon, scope.Child("inner_attn_ln")));
        output = Add("proj", scope.Child("proj").Linear(sizes.Width, sizes.Width, bias: true));

        LinearLayer Project(string name, int count) => Add(name, scope.Child(name).Linear(sizes.Width, (long)count * sizes.Width, bias: false));
    }

    /// <summary>[I, 1 + N, De] → [I, 1 + N, De].</summary>
    /// <param name="x">[I, 1 + N, De].</param>
    /// <param name="rotation">Turns queries and keys by their places; null where they do not turn.</param>
    public Tensor Forward(Tensor x, GridRotation? rotation)
    {
        using var scope = NewDisposeScope();
        var parts = projections.Length == 1 ? projections[0].Forward(x).chunk(3, -1) : [.. projections.Select(layer => layer.Forward(x))]; // three of [I, 1 + N, De]
        var q = Attention.Split(WithBias(parts[0], queryBias), heads);                        // [I, heads, 1 + N, d]
        var k = Attention.Split(parts[1], heads);                                             // [I, heads, 1 + N, d]
        var v = Attention.Split(WithBias(parts[2], valueBias), heads);                        // [I, heads, 1 + N, d]
        if (rotation is not null) (q, k) = (rotation.Turn(q), rotation.Turn(k));
        var mixed = Attention.Attend(q, k, v, mask: null);                                    // [I, 1 + N, De]
        return output.Forward(innerNorm?.Forward(mixed) ?? mixed).MoveToOuterDisposeScope();
    }

    private static Tensor WithBias(Tensor x, Parameter? bias) => bias is null ? x : x.add(bias.CastTo(x.dtype));
}
