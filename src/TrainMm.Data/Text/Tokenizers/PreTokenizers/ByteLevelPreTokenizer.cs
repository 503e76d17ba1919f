using TrainMm.Data.Text.Tokenizers.Patterns;

namespace TrainMm.Data.Text.Tokenizers.PreTokenizers;

/// <summary>
/// GPT-2's pre-tokeniser: words by its regex, then UTF-8 bytes shown as characters. The second step is left to the pipeline
/// (<see cref="ByteAlphabet"/>) where nothing comes after it, so that a word is looked up as it stands in the text.
/// </summary>
/// <param name="addPrefixSpace">Whether a piece that does not begin with a space gets one.</param>
/// <param name="useRegex">Whether words are cut.</param>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    private readonly SplitPreTokenizer words = new(ScannerPattern.Known(ScannerPattern.Gpt2)!, SplitBehavior.Isolated);

    /// <summary>Whether nothing is left to do here but what the pipeline does.</summary>
    public bool LeavesTextAlone => !addPrefixSpace && !useRegex;

    /// <inheritdoc/>
    public void Split(Piece piece, List<Piece> words)
    {
        var spaced = addPrefixSpace && !piece.Continues && piece.Text.Span[0] != ' ' ? new Piece($" {piece.Text.Span}".AsMemory(), piece.AtStart) : piece;
        if (useRegex)
        {
            this.words.Split(spaced, words);
        }
        else
        {
            words.Add(spaced);
        }
    }
}

/// <summary>Shows each UTF-8 byte of a piece as a character, where further pre-tokenisers are to see those characters.</summary>
internal sealed class ByteAlphabetPreTokenizer : IPreTokenizer
{
    /// <inheritdoc/>
    public void Split(Piece piece, List<Piece> words) => words.Add(new Piece(ByteAlphabet.Show(piece.Text.Span).AsMemory(), piece.AtStart, piece.Continues));
}
