using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Audio;

/// <summary>Multi-head self-attention as fairseq's audio encoders have it, under the names <c>q_proj</c>, <c>k_proj</c>, <c>v_proj</c> and <c>out_proj</c>.</summary>
internal sealed class AudioSelfAttention : NamedModule
{
    private readonly int heads;
    private readonly LinearLayer queries;
    private readonly LinearLayer keys;
    private readonly LinearLayer values;
    private readonly LinearLayer output;

    /// <summary>Makes the layer.</summary>
    /// <param name="width">De.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="keyBias">Whether the keys have a bias; Whisper's have none.</param>
    /// <param name="scope">Its place.</param>
    public AudioSelfAttention(int width, int heads, bool keyBias, ModuleScope scope)
        : base(nameof(AudioSelfAttention))
    {
        this.heads = heads;
        keys = Add("k_proj", scope.Child("k_proj").Linear(width, width, keyBias));
        values = Add("v_proj", scope.Child("v_proj").Linear(width, width, bias: true));
        queries = Add("q_proj", scope.Child("q_proj").Linear(width, width, bias: true));
        output = Add("out_proj", scope.Child("out_proj").Linear(width, width, bias: true));
    }

    /// <summary>[I, N, De] → [I, N, De].</summary>
    /// <param name="x">[I, N, De].</param>
    /// <param name="mask">[I, 1 or heads, 1 or N, N], added to the scores; null where all may attend to all.</param>
    public Tensor Forward(Tensor x, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        var q = Attention.Split(queries.Forward(x), heads);                // [I, heads, N, d]
        var k = Attention.Split(keys.Forward(x), heads);                   // [I, heads, N, d]
        var v = Attention.Split(values.Forward(x), heads);                 // [I, heads, N, d]
        return output.Forward(Attention.Attend(q, k, v, mask)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The additive mask that hides padded frames as keys: the type's lowest number, so that a clip of nothing but padding stays a number.
    /// </summary>
    /// <param name="real">[I, N] bool, true where the clip is.</param>
    /// <param name="dtype">The type of the scores.</param>
    /// <returns>[I, 1, 1, N].</returns>
    public static Tensor KeyMask(Tensor real, ScalarType dtype) =>
        zeros(real.shape, dtype, real.device).masked_fill(real.logical_not(), finfo(dtype).min).unsqueeze(1).unsqueeze(1);
}
