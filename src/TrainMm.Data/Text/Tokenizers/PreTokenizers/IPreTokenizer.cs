namespace TrainMm.Data.Text.Tokenizers.PreTokenizers;

/// <summary>Cuts a piece of normalised text into the words that the model sees.</summary>
internal interface IPreTokenizer
{
    /// <summary>Appends the words of a piece; empty ones are left out.</summary>
    void Split(Piece piece, List<Piece> words);
}
