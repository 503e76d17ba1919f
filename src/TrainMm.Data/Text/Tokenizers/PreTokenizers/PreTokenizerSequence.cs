namespace TrainMm.Data.Text.Tokenizers.PreTokenizers;

/// <summary>Several pre-tokenisers, each on the words of the one before.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<IPreTokenizer> steps) : IPreTokenizer
{
    /// <inheritdoc/>
    public void Split(Piece piece, List<Piece> words)
    {
        if (steps.Count == 1)
        {
            steps[0].Split(piece, words);
            return;
        }

        var current = new List<Piece> { piece };
        foreach (var step in steps)
        {
            var next = new List<Piece>(current.Count);
            foreach (var word in current)
            {
                step.Split(word, next);
            }

            current = next;
        }

        words.AddRange(current);
    }
}
