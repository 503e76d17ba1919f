namespace TrainMm.Data.Text.Instructions;

/// <summary>
/// The instruction that goes with each medium, for a projector that reads it beside the features (InstructBLIP, arXiv:2305.06500, section 2.3): what the user asks in the turn that
/// the medium stands in, without its media, in the ids of the projector's own tokenizer with the special tokens that it puts round a text. Thread-safe.
/// </summary>
/// <param name="tokenizer">The projector's tokenizer.</param>
/// <param name="maxTokens">The tokens that an instruction may have; the end of a longer one is cut off, its special tokens stay.</param>
/// <param name="paddingId">Stands behind shorter instructions of a batch.</param>
public sealed class MediumInstructions(ITokenizer tokenizer, int maxTokens, int paddingId)
{
    /// <summary>Stands behind shorter instructions of a batch.</summary>
    public int PaddingId { get; } = paddingId;

    /// <summary>The tokens that an instruction may have.</summary>
    public int MaxTokens { get; } = maxTokens;

    /// <summary>SHA-256 of the tokenizer's file: the same fingerprint means the same ids.</summary>
    public string Fingerprint => tokenizer.Fingerprint;

    /// <summary>The question that goes with each medium of a sample, in the order of <see cref="Sample.Media"/>; empty where the turn asks nothing in words.</summary>
    public static IReadOnlyList<string> QuestionsOf(Sample sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        return [.. sample.Turns.SelectMany(turn => Enumerable.Repeat(QuestionOf(turn), turn.Parts.Count(part => part is MediumPart)))];
    }

    /// <summary>A question's ids.</summary>
    public int[] Encode(string question)
    {
        var ids = tokenizer.Encode(question, addSpecialTokens: true);
        return ids.Length <= MaxTokens ? ids : Cut(ids, tokenizer.Encode(question));
    }

    /// <summary>Whether a question is longer than allowed, so that its end is cut off.</summary>
    public bool IsCut(string question) => tokenizer.Encode(question, addSpecialTokens: true).Length > MaxTokens;

    private static string QuestionOf(Turn turn) => turn.Speaker == Speaker.User ? string.Concat(turn.Parts.OfType<TextPart>().Select(part => part.Text)).Trim() : "";

    private int[] Cut(int[] whole, int[] words)
    {
        var special = whole.Length - words.Length;
        var before = Enumerable.Range(0, special + 1).First(start => whole.AsSpan(start, words.Length).SequenceEqual(words));
        return [.. whole[..before], .. words[..Math.Max(0, MaxTokens - special)], .. whole[(before + words.Length)..]];
    }
}
