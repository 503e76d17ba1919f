using TrainMm.Data.Text.Tokenizers.Patterns;

namespace TrainMm.Data.Text.Tokenizers.PreTokenizers;

/// <summary>When Metaspace puts its mark before a text.</summary>
internal enum PrependScheme
{
    /// <summary>Before every stretch between added tokens.</summary>
    Always,

    /// <summary>Only where the input begins.</summary>
    First,

    /// <summary>Nowhere.</summary>
    Never,
}

/// <summary>SentencePiece's way with spaces: each becomes a mark (▁), and a word begins at each mark.</summary>
internal sealed class MetaspacePreTokenizer(char mark, PrependScheme scheme, bool split) : IPreTokenizer
{
    private readonly SplitPreTokenizer words = new(new LiteralPattern(mark.ToString()), SplitBehavior.MergedWithNext);

    /// <inheritdoc/>
    public void Split(Piece piece, List<Piece> words)
    {
        var text = piece.Text.ToString().Replace(' ', mark);
        var prepends = !piece.Continues && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && piece.AtStart));
        if (prepends && text[0] != mark)
        {
            text = mark + text;
        }

        var marked = piece with { Text = text.AsMemory() };
        if (split)
        {
            this.words.Split(marked, words);
        }
        else
        {
            words.Add(marked);
        }
    }
}
