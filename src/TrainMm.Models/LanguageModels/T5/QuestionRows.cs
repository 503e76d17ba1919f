using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.T5;

/// <summary>
/// Rows of text taken apart: the encoder gets the question, the decoder begins at the question's last token, in whose place its start token stands. So its states lie where a decoder without
/// encoder has them: at the position before the token that they foretell. Padding is moved behind the text, wherever it lay.
/// </summary>
internal sealed class QuestionRows
{
    private readonly long length;
    private readonly Tensor answerPlaces;
    private readonly Tensor questionPlaces;
    private readonly Tensor isAnswer;
    private readonly Tensor answerIndices;
    private readonly Tensor answerCounts;

    /// <summary>Finds the parts.</summary>
    /// <param name="embeddings">[B, T, D].</param>
    /// <param name="input">Says where the questions end.</param>
    public QuestionRows(Tensor embeddings, DecoderInput input)
    {
        (var rows, length, var device) = (embeddings.shape[0], embeddings.shape[1], embeddings.device);
        var attended = input.AttentionMask ?? ones([rows, length], ScalarType.Bool, device);          // [B, T]
        var counted = attended.to_type(ScalarType.Int64).cumsum(1).sub(1);                            // [B, T], each token's number among the attended
        var last = (input.PrefixLengths ?? zeros([rows], ScalarType.Int64, device)).unsqueeze(1);     // [B, 1], the number of the question's last token
        isAnswer = attended.logical_and(counted.ge(last));                                            // [B, T]
        (questionPlaces, IsQuestion, _) = Gather(attended.logical_and(counted.le(last)));
        (answerPlaces, _, answerCounts) = Gather(isAnswer);
        var within = counted.sub(last).clamp(min: 0, max: answerPlaces.shape[1] - 1);                 // [B, T]
        answerIndices = within.add(arange(rows, ScalarType.Int64, device).unsqueeze(1).mul(answerPlaces.shape[1]));
    }

    /// <summary>[B, E] bool, true at a token of the question, false at padding.</summary>
    public Tensor IsQuestion { get; }

    /// <summary>[B, T, ...] → [B, E, ...], the questions.</summary>
    public Tensor Questions(Tensor values) => At(values, questionPlaces);

    /// <summary>[B, T, ...] → [B, A, ...], the answers, each behind what it begins with.</summary>
    /// <param name="values">[B, T, ...].</param>
    /// <param name="start">[1, 1, ...], what each row begins with.</param>
    public Tensor Answers(Tensor values, Tensor start)
    {
        var shape = values.shape;
        shape[1] = 1;
        return cat([start.expand(shape), At(values, answerPlaces.narrow(1, 1, answerPlaces.shape[1] - 1))], 1);
    }

    /// <summary>The decoder's states at the positions of the text: [B, A, D] → [B, T, D], or [S, D] at the wanted positions. Where the question is there are none, but zeros.</summary>
    public Tensor InText(Tensor states, Tensor? wanted)
    {
        var width = states.shape[2];
        var (indices, are) = (answerIndices.reshape(-1), isAnswer.reshape(-1));                        // [B·T]
        if (wanted is not null) (indices, are) = (indices.index_select(0, wanted), are.index_select(0, wanted)); // [S]
        var found = states.reshape(-1, width).index_select(0, indices).masked_fill(are.logical_not().unsqueeze(1), 0);
        return wanted is null ? found.view(-1, length, width) : found;
    }

    /// <summary>A cache counts for all rows alike.</summary>
    /// <exception cref="InvalidOperationException">One row has more of its answer already than another.</exception>
    public void RequireEqualAnswers()
    {
        if (answerCounts.ne(answerPlaces.shape[1]).any().item<bool>())
            throw new InvalidOperationException("An encoder–decoder's cache begins where each row has as much of its answer as the others.");
    }

    /// <summary>The flat places [B, N] in [B·T] of the tokens that are meant, in their order and padding behind them, which of them are none [B, N], and each row's count [B].</summary>
    private (Tensor Places, Tensor Filled, Tensor Counts) Gather(Tensor meant)
    {
        var counts = meant.sum(1, type: ScalarType.Int64);                                            // [B]
        var most = Math.Max(1, counts.max().item<long>());
        var (_, order) = meant.to_type(ScalarType.Int64).sort(1, descending: true, stable: true);     // [B, T]
        var rows = arange(meant.shape[0], ScalarType.Int64, meant.device).unsqueeze(1).mul(length);   // [B, 1]
        var filled = arange(most, ScalarType.Int64, meant.device).unsqueeze(0).lt(counts.unsqueeze(1)); // [B, N]
        return (order.narrow(1, 0, most).add(rows), filled, counts);
    }

    private static Tensor At(Tensor values, Tensor places)
    {
        var shape = values.shape;
        var found = values.reshape([shape[0] * shape[1], .. shape[2..]]).index_select(0, places.reshape(-1));
        return found.view([.. places.shape, .. shape[2..]]);
    }
}
