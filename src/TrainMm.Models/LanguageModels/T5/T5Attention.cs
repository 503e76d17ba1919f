using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.T5;

/// <summary>Attention whose scores are not divided by √d: to the tokens themselves, or to what the encoder made of the question.</summary>
internal sealed class T5Attention : NamedModule
{
    private readonly int heads;
    private readonly double scale;
    private readonly LinearLayer queries;
    private readonly LinearLayer keys;
    private readonly LinearLayer values;
    private readonly LinearLayer output;

    /// <summary>Makes the attention in its place.</summary>
    /// <param name="sizes">Sizes and switches.</param>
    /// <param name="scope">Its place.</param>
    /// <param name="hasPositions">Whether it holds its stack's table of position biases, as the first layer's does.</param>
    public T5Attention(T5Architecture sizes, ModuleScope scope, bool hasPositions = false)
        : base(nameof(T5Attention))
    {
        heads = sizes.NumHeads;
        scale = Math.Sqrt(sizes.DKv); // the attention divides by it
        var inner = heads * sizes.DKv;
        queries = Add("q", scope.Child("q").Linear(sizes.DModel, inner, bias: false));
        keys = Add("k", scope.Child("k").Linear(sizes.DModel, inner, bias: false));
        values = Add("v", scope.Child("v").Linear(sizes.DModel, inner, bias: false));
        output = Add("o", scope.Child("o").Linear(inner, sizes.DModel, bias: false));
        if (hasPositions) Positions = Add("relative_attention_bias", new TokenEmbedding(sizes.RelativeAttentionNumBuckets, heads, scope.Child("relative_attention_bias")));
    }

    /// <summary>[buckets, heads], the biases that all layers of the stack share; null but in the first.</summary>
    public TokenEmbedding? Positions { get; }

    /// <summary>To the tokens themselves and those that the cache holds: [B, T, D] → [B, T, D].</summary>
    public Tensor Forward(Tensor x, int layer, T5Pass pass)
    {
        using var scope = NewDisposeScope();
        var (k, v) = KeysAndValues(x, pass.MediaRows);
        if (pass.Cache is { } cache) (k, v) = cache.Append(layer, k, v);                 // [B, heads, P + T, d]
        return Mix(x, k, v, pass.Mask, pass.MediaRows).MoveToOuterDisposeScope();
    }

    /// <summary>To the encoder's states: [B, T, D] → [B, T, D].</summary>
    public Tensor Cross(Tensor x, int layer, T5Pass pass)
    {
        using var scope = NewDisposeScope();
        var question = pass.Question!;
        var (k, v) = pass.Cache is { } cache ? cache.Question(layer, Project) : Project(); // [B, heads, E, d]
        return Mix(x, k, v, question.Mask, pass.MediaRows).MoveToOuterDisposeScope();

        (Tensor Keys, Tensor Values) Project() => KeysAndValues(question.States!, question.MediaRows);
    }

    private (Tensor Keys, Tensor Values) KeysAndValues(Tensor x, MediaRows? mediaRows) =>
        (Attention.Split(keys.Forward(x, mediaRows), heads), Attention.Split(values.Forward(x, mediaRows), heads));

    private Tensor Mix(Tensor x, Tensor k, Tensor v, Tensor? mask, MediaRows? mediaRows)
    {
        var q = Attention.Split(queries.Forward(x, mediaRows), heads).mul(scale);        // [B, heads, T, d]
        return output.Forward(Attention.Attend(q, k, v, mask), mediaRows);               // [B, T, heads · d] → [B, T, D]
    }
}
