using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels;

/// <summary>The attention of one decoder layer: kinds differ in how they make queries, keys and values.</summary>
/// <param name="name">The class name in messages.</param>
/// <param name="layer">The layer's number, from 0.</param>
/// <param name="width">D.</param>
/// <param name="heads">Query heads.</param>
internal abstract class DecoderAttention(string name, int layer, int width, int heads) : NamedModule(name)
{
    /// <summary>The layer's number, from 0.</summary>
    public int Layer => layer;

    /// <summary>D.</summary>
    public int Width => width;

    /// <summary>Query heads.</summary>
    public int Heads => heads;

    /// <summary>The attention of each layer of a language model, in their order.</summary>
    public static IReadOnlyList<DecoderAttention> Of(ILanguageModel model) => [.. model.Module.modules().OfType<DecoderAttention>().OrderBy(each => each.Layer)];

    /// <summary>[B, T, D] → [B, T, D], or [S, D] at the wanted positions.</summary>
    public abstract Tensor Forward(Tensor x, DecoderPass pass, bool onlyWanted);

    /// <summary>The layer's keys and values, [B, key heads, K, d], of what stands outside the text and has no positions there.</summary>
    /// <param name="outside">[B, K, D].</param>
    protected abstract (Tensor Keys, Tensor Values) Remember(Tensor outside);

    /// <summary>Attends to what the cache holds and to this call's tokens, and projects what comes of it.</summary>
    /// <param name="queries">[B, heads, T, d].</param>
    /// <param name="keys">[B, key heads, T, d].</param>
    /// <param name="values">[B, key heads, T, d].</param>
    /// <param name="output">heads · d → D.</param>
    /// <param name="pass">What every layer of the call shares.</param>
    /// <param name="onlyWanted">Whether only the wanted positions are projected.</param>
    /// <returns>[B, T, D], or [S, D].</returns>
    protected Tensor Mix(Tensor queries, Tensor keys, Tensor values, LinearLayer output, DecoderPass pass, bool onlyWanted)
    {
        if (pass.Cache is { } cache) (keys, values) = cache.Append(layer, keys, values);                        // [B, key heads, P + T, d]
        var mixed = pass switch
        {
            { Spans: { } spans } => SpanAttention.Attend(queries, keys, values, spans, isCausal: true),
            { Sequences: { } lengths } => AttendWithin(queries, keys, values, [.. lengths], pass),
            _ => Attend(queries, keys, values, pass.MaskOf(layer), pass),
        };                                                                                                      // [B, T, heads · d]
        if (pass.Fusion?.BesideAttention(layer, queries, Remember) is { } beside) mixed = mixed.add(beside);
        return onlyWanted ? output.Forward(pass.AtWanted(mixed), pass.WantedMediaRows) : output.Forward(mixed, pass.MediaRows);
    }

    /// <summary>Each of several texts in a row attends to itself alone: no score between two of them is ever computed.</summary>
    /// <param name="queries">[1, heads, T, d].</param>
    /// <param name="keys">[1, key heads, T, d].</param>
    /// <param name="values">[1, key heads, T, d].</param>
    /// <param name="lengths">The texts' lengths.</param>
    /// <param name="pass">What every layer of the call shares.</param>
    /// <returns>[1, T, heads · d].</returns>
    private Tensor AttendWithin(Tensor queries, Tensor keys, Tensor values, long[] lengths, DecoderPass pass)
    {
        using var scope = NewDisposeScope();
        var longest = pass.MaskOf(layer);                                                                       // [1, 1, N, prefix + N]
        // Split, not narrowed one by one: the gradients of narrowed parts would each be a whole row of zeros.
        var parts = queries.split(lengths, 2).Zip(keys.split(lengths, 2), values.split(lengths, 2));
        return cat([.. parts.Select(part => Attend(part.First, part.Second, part.Third, MaskOf(part.First.shape[2]), pass))], 1).MoveToOuterDisposeScope();

        // A causal mask's upper left corner is the mask of a shorter text, a window's and a learned prefix's too.
        Tensor? MaskOf(long length) => longest?.narrow(2, 0, length).narrow(3, 0, longest.shape[3] - longest.shape[2] + length);
    }

    /// <summary>[B, heads, T, d] → [B, T, heads · d], with what the layer has learned before all texts.</summary>
    private Tensor Attend(Tensor queries, Tensor keys, Tensor values, Tensor? mask, DecoderPass pass)
    {
        if (pass.LearnedPrefix is not { } learned) return Attention.Attend(queries, keys, values, mask);
        return Attention.Attend(queries, Behind(learned[layer].Keys, keys), Behind(learned[layer].Values, values), mask); // keys and values: [B, key heads, prefix + P + T, d]
    }

    private static Tensor Behind(Tensor prefix, Tensor heads) => cat([prefix.CastTo(heads.dtype).expand(heads.shape[0], -1, -1, -1), heads], 2);
}
