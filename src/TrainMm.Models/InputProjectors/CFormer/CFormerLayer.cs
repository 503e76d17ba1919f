using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.CFormer;

/// <summary>One layer: attention of the tokens to each other, then a feed-forward layer, each normed before and added to what came in.</summary>
internal sealed class CFormerLayer : NamedModule
{
    private const double Epsilon = 1e-5;

    private readonly int heads;
    private readonly LayerNorm attentionNorm;
    private readonly LinearLayer query;
    private readonly LinearLayer key;
    private readonly LinearLayer value;
    private readonly LinearLayer output;
    private readonly LayerNorm innerNorm;
    private readonly LinearLayer first;
    private readonly LinearLayer second;

    public CFormerLayer(CFormerOptions options, long width, ModuleScope scope)
        : base(nameof(CFormerLayer))
    {
        heads = options.Heads;
        attentionNorm = Add("attention_norm", new LayerNorm(width, Epsilon, scope.Child("attention_norm")));
        query = Linear("query", width, width);
        key = Linear("key", width, width);
        value = Linear("value", width, width);
        output = Linear("output", width, width);
        innerNorm = Add("inner_norm", new LayerNorm(width, Epsilon, scope.Child("inner_norm")));
        first = Linear("first", width, options.FeedForwardFactor * width);
        second = Linear("second", options.FeedForwardFactor * width, width);

        LinearLayer Linear(string name, long from, long to) => Add(name, scope.Child(name).Linear(from, to, bias: true));
    }

    /// <summary>[I, Q, De] → [I, Q, De].</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var normed = attentionNorm.Forward(x);
        x = x.add(output.Forward(Attention.Attend(Split(query, normed), Split(key, normed), Split(value, normed), mask: null)));
        return x.add(second.Forward(nn.functional.gelu(first.Forward(innerNorm.Forward(x))))).MoveToOuterDisposeScope();
    }

    /// <summary>[I, Q, De] → [I, heads, Q, d].</summary>
    private Tensor Split(LinearLayer layer, Tensor x) => Attention.Split(layer.Forward(x), heads);
}
