using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Vision;

/// <summary>Attention with the parameters of PyTorch's <c>MultiheadAttention</c>: one <c>in_proj_weight</c> for queries, keys and values, one above the other.</summary>
internal sealed class FusedAttention : NamedModule
{
    private readonly int heads;
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly LinearLayer output;
    private readonly Parameter? extraKey;
    private readonly Parameter? extraValue;

    /// <summary>Makes the layer.</summary>
    /// <param name="width">De.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="scope">The layer's place.</param>
    /// <param name="addBiasKv">Whether a learned key and value stand behind the sequence's own, as PyTorch's <c>add_bias_kv</c> has it.</param>
    public FusedAttention(long width, int heads, ModuleScope scope, bool addBiasKv = false)
        : base(nameof(FusedAttention))
    {
        this.heads = heads;
        weight = Add("in_proj_weight", scope.Parameter("in_proj_weight", 3 * width, width));
        bias = Add("in_proj_bias", scope.Parameter("in_proj_bias", 3 * width));
        output = Add("out_proj", scope.Child("out_proj").Linear(width, width, bias: true));
        if (!addBiasKv) return;
        extraKey = Add("bias_k", scope.Parameter("bias_k", 1, 1, width));
        extraValue = Add("bias_v", scope.Parameter("bias_v", 1, 1, width));
    }

    /// <summary>A sequence's attention to itself: [I, T, De] → [I, T, De].</summary>
    /// <param name="x">[I, T, De].</param>
    /// <param name="mask">[I or 1, 1, T, T], added to the scores; null where all may attend to all.</param>
    public Tensor Forward(Tensor x, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        var parts = DenseLinear.Apply(x, weight, bias).chunk(3, -1);        // three of [I, T, De]
        return Mix(parts[0], parts[1], parts[2], mask).MoveToOuterDisposeScope();
    }

    /// <summary>Attention of queries to another sequence: [I, Q, De] and [I, T, De] → [I, Q, De].</summary>
    public Tensor Look(Tensor queries, Tensor sequence)
    {
        using var scope = NewDisposeScope();
        var width = queries.shape[2];
        var q = Project(queries, 0, width);                                                                    // [I, Q, De]
        var keysAndValues = Project(sequence, width, 2 * width).chunk(2, -1);                                  // two of [I, T, De]
        return Mix(q, keysAndValues[0], keysAndValues[1], mask: null).MoveToOuterDisposeScope();
    }

    private Tensor Project(Tensor x, long start, long rows) =>
        DenseLinear.Apply(x, weight.narrow(0, start, rows), bias.narrow(0, start, rows));

    private Tensor Mix(Tensor q, Tensor k, Tensor v, Tensor? mask)
    {
        (k, v) = (WithExtra(k, extraKey), WithExtra(v, extraValue));                                           // [I, T or T + 1, De]
        return output.Forward(Attention.Attend(Attention.Split(q, heads), Attention.Split(k, heads), Attention.Split(v, heads), mask));
    }

    private static Tensor WithExtra(Tensor x, Parameter? extra) => extra is null ? x : cat([x, extra.CastTo(x.dtype).expand(x.shape[0], 1, x.shape[2])], 1);
}
