namespace TrainMm.Data.Text.Tokenizers;

/// <summary>A stretch of normalised text on its way to the model.</summary>
/// <param name="Text">The text.</param>
/// <param name="AtStart">Whether it begins where the whole input begins (Metaspace's <c>first</c> asks for it).</param>
/// <param name="Continues">Whether it continues a word or a text before it, so that no space may be put before it.</param>
internal readonly record struct Piece(ReadOnlyMemory<char> Text, bool AtStart, bool Continues = false)
{
    /// <summary>The part of this piece from <paramref name="start"/> on.</summary>
    public Piece Slice(int start, int length) => new(Text.Slice(start, length), AtStart && start == 0, Continues && start == 0);
}
