using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.CrossAttention;

/// <summary>Qwen-VL's <c>Resampler</c>: learned queries attend to the features; both know their places.</summary>
internal sealed class QueryPool : NamedModule
{
    private readonly Parameter queries;
    private readonly LinearLayer? widen;
    private readonly LayerNorm queryNorm;
    private readonly LayerNorm featureNorm;
    private readonly FusedAttention attention;

    public QueryPool(int queries, int heads, long featureWidth, long width, double epsilon, ModuleScope scope)
        : base(nameof(QueryPool))
    {
        this.queries = Add("query", scope.Parameter("query", queries, width));
        if (featureWidth != width) widen = Add("kv_proj", scope.Child("kv_proj").Linear(featureWidth, width, bias: false));
        attention = Add("attn", new FusedAttention(heads, width, scope.Child("attn")));
        queryNorm = Add("ln_q", new LayerNorm(width, epsilon, scope.Child("ln_q")));
        featureNorm = Add("ln_kv", new LayerNorm(width, epsilon, scope.Child("ln_kv")));
    }

    /// <summary>Q.</summary>
    public int Queries => (int)queries.shape[0];

    /// <summary>[I, N, De] → [I, Q, D].</summary>
    public Tensor Forward(Tensor features)
    {
        using var scope = NewDisposeScope();
        var table = SinePositions.Table((long)Math.Sqrt(queries.shape[0]), queries.shape[1], features.device);       // [Q, D]
        var places = SinePositions.Stretch(table, (long)Math.Sqrt(features.shape[1]));                               // [N, D]
        var x = featureNorm.Forward(widen is null ? features : widen.Forward(features));                             // [I, N, D]
        var q = queryNorm.Forward(queries.CastTo(x.dtype)).add(table.CastTo(x.dtype)).unsqueeze(0).expand(x.shape[0], queries.shape[0], queries.shape[1]);
        return attention.Forward(q, x.add(places.CastTo(x.dtype)), x).MoveToOuterDisposeScope();                     // [I, Q, D]
    }

    /// <summary>PyTorch's <c>MultiheadAttention</c>: the projections of queries, keys and values lie in one matrix.</summary>
    private sealed class FusedAttention : NamedModule
    {
        private readonly int heads;
        private readonly Parameter weight;
        private readonly Parameter bias;
        private readonly LinearLayer output;

        public FusedAttention(int heads, long width, ModuleScope scope)
            : base(nameof(FusedAttention))
        {
            this.heads = heads;
            weight = Add("in_proj_weight", scope.Parameter("in_proj_weight", 3 * width, width));
            bias = Add("in_proj_bias", scope.Parameter("in_proj_bias", 3 * width));
            output = Add("out_proj", scope.Child("out_proj").Linear(width, width, bias: true));
        }

        /// <summary>[I, Q, D], [I, N, D], [I, N, D] → [I, Q, D].</summary>
        public Tensor Forward(Tensor queries, Tensor keys, Tensor values) =>
            output.Forward(Attention.Attend(Part(queries, 0), Part(keys, 1), Part(values, 2), mask: null));

        /// <summary>[I, T, D] → [I, heads, T, d].</summary>
        private Tensor Part(Tensor x, int part)
        {
            var width = x.shape[2];
            return Attention.Split(DenseLinear.Apply(x, weight.narrow(0, part * width, width), bias.narrow(0, part * width, width)), heads);
        }
    }
}
