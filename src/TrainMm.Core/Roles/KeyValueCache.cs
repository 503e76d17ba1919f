using static TorchSharp.torch;

namespace TrainMm.Core.Roles;

/// <summary>
/// Keys and values of the tokens that a decoder has seen. Memory is taken for the whole length at once, so that a step copies only its own token.
/// It belongs to the cache, whatever dispose scope a step runs in.
/// </summary>
/// <param name="capacity">The most positions that will come.</param>
public sealed class KeyValueCache(int capacity) : IDisposable
{
    private readonly List<(Tensor Keys, Tensor Values)> layers = [];
    private readonly List<(Tensor Keys, Tensor Values)> questions = [];

    /// <summary>Positions that every layer holds; <see cref="Advance"/> counts a call's in.</summary>
    public int Length { get; private set; }

    /// <summary>The most positions that fit.</summary>
    public int Capacity { get; } = capacity;

    /// <summary>[B, 1, 1, E], added to the scores of an encoder–decoder's question; null where there is none.</summary>
    public Tensor? QuestionMask { get; private set; }

    /// <summary>Adds a call's keys and values in one layer and gives all that the layer holds.</summary>
    /// <param name="layer">The layer, from 0; a first call comes in the layers' order.</param>
    /// <param name="keys">[B, heads, T, head width].</param>
    /// <param name="values">[B, heads, T, head width].</param>
    /// <returns>Keys and values, [B, heads, P + T, head width].</returns>
    /// <exception cref="InvalidOperationException">The cache is full.</exception>
    public (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values)
    {
        var added = keys.shape[2];
        if (Length + added > Capacity) throw new InvalidOperationException($"The cache holds {Capacity} positions; {Length + added} are needed.");
        if (layer == layers.Count) layers.Add((Allocate(keys), Allocate(values)));
        var (allKeys, allValues) = layers[layer];
        using (no_grad())
        {
            using var keySlot = allKeys.narrow(2, Length, added);
            using var valueSlot = allValues.narrow(2, Length, added);
            keySlot.copy_(keys);
            valueSlot.copy_(values);
        }

        return (allKeys.narrow(2, 0, Length + added), allValues.narrow(2, 0, Length + added));
    }

    /// <summary>Counts a call's positions in, once all layers have added theirs.</summary>
    public void Advance(int positions) => Length += positions;

    /// <summary>Begins with a question that an encoder has read.</summary>
    /// <param name="mask">[B, 1, 1, E], added to the scores.</param>
    public void KeepQuestion(Tensor mask)
    {
        using var guard = no_grad();
        QuestionMask = mask.clone().DetachFromDisposeScope();
    }

    /// <summary>A layer's keys and values of the question: made in the first call, in the layers' order, and given again in those that follow.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="make">Makes them, [B, heads, E, head width].</param>
    public (Tensor Keys, Tensor Values) Question(int layer, Func<(Tensor Keys, Tensor Values)> make)
    {
        if (layer < questions.Count) return questions[layer];
        using var guard = no_grad();
        var (keys, values) = make();
        questions.Add((keys.DetachFromDisposeScope(), values.DetachFromDisposeScope()));
        return questions[layer];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (keys, values) in layers.Concat(questions))
        {
            keys.Dispose();
            values.Dispose();
        }

        QuestionMask?.Dispose();
        layers.Clear();
        questions.Clear();
    }

    private Tensor Allocate(Tensor like)
    {
        var shape = like.shape;
        shape[2] = Capacity;
        return zeros(shape, like.dtype, like.device).DetachFromDisposeScope();
    }
}
