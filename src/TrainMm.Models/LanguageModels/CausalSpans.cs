using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels;

/// <summary>Finds the calls whose attention is causal and nothing more, so that each text can be a span of the fused operator and no mask is made.</summary>
internal static class CausalSpans
{
    /// <summary>A span for each text; null where a mask is needed: with a cache, a learned or a seen prefix, a window that hides something, texts that do not begin at the left.</summary>
    /// <param name="embeddings">[B, T, D].</param>
    /// <param name="input">What the caller said.</param>
    /// <param name="reach">Tokens before itself that a token of some layer sees; null is all.</param>
    /// <param name="hasPrefix">Whether some tokens are seen by all.</param>
    public static Tensor? Of(Tensor embeddings, DecoderInput input, long? reach, bool hasPrefix)
    {
        var (rows, length) = (embeddings.shape[0], embeddings.shape[1]);
        var longest = input.Sequences?.Max() ?? length;
        if (!FusedOperators.Cover(embeddings) || input.Cache is not null || input.LearnedPrefix is not null || hasPrefix || reach < longest - 1) return null;
        if (input.Sequences is { } texts) return EndToEnd(texts);
        return LengthsOf(input.AttentionMask, rows, length) is { } lengths
            ? SpanAttention.Spans([.. lengths.Select((each, row) => ((long)row, 0L, each, 0L, each))])
            : null;
    }

    /// <summary>Texts that stand one behind the other in the only row.</summary>
    private static Tensor EndToEnd(IReadOnlyList<long> lengths)
    {
        var spans = new List<(long Row, long First, long Length, long KeyFirst, long KeyLength)>();
        var first = 0L;
        foreach (var length in lengths)
        {
            spans.Add((0, first, length, first, length));
            first += length;
        }

        return SpanAttention.Spans(spans);
    }

    /// <summary>How many tokens each row begins with that are all the row has; null where a row is otherwise, or has none.</summary>
    private static long[]? LengthsOf(Tensor? attended, long rows, long length)
    {
        if (attended is null) return [.. Enumerable.Repeat(length, (int)rows)];
        using var scope = NewDisposeScope();
        var counts = attended.sum(1L);                                                                  // [B]
        var lengths = counts.data<long>().ToArray();
        var isAtLeft = attended.eq(arange(length, ScalarType.Int64).unsqueeze(0).lt(counts.unsqueeze(1))).all().item<bool>();
        return isAtLeft && lengths.All(each => each > 0) ? lengths : null;
    }
}
