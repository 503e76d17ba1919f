using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Vit;

/// <summary>Attention by the names that Hugging Face's ViT and DINOv2 share: <c>attention.query</c>, <c>output.dense</c>, …</summary>
internal sealed class VitAttention : NamedModule
{
    private readonly SelfAttention attention;

    /// <summary>Makes the layer.</summary>
    /// <param name="width">De.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="bias">Whether queries, keys and values have biases.</param>
    /// <param name="scope">The place of <c>attention</c>.</param>
    public VitAttention(int width, int heads, bool bias, ModuleScope scope)
        : base(nameof(VitAttention))
    {
        var inner = Add("attention", new Projections(width, bias, scope.Child("attention")));
        var output = Add("output", new Enclosed<LinearLayer>("dense", scope.Child("output").Child("dense").Linear(width, width, bias: true))).Inner;
        attention = new SelfAttention(inner.Queries, inner.Keys, inner.Values, output, heads);
    }

    /// <summary>[I, T, De] → [I, T, De].</summary>
    public Tensor Forward(Tensor x) => attention.Forward(x);

    private sealed class Projections : NamedModule
    {
        public Projections(int width, bool bias, ModuleScope scope)
            : base(nameof(Projections))
        {
            Queries = Add("query", scope.Child("query").Linear(width, width, bias));
            Keys = Add("key", scope.Child("key").Linear(width, width, bias));
            Values = Add("value", scope.Child("value").Linear(width, width, bias));
        }

        public LinearLayer Queries { get; }

        public LinearLayer Keys { get; }

        public LinearLayer Values { get; }
    }
}
