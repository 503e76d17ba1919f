namespace TrainMm.Data.Text.Tokenizers.Models;

/// <summary>The part of a tokenizer that turns one pre-tokenised word into ids.</summary>
internal interface IWordModel
{
    /// <summary>The vocabulary.</summary>
    Vocabulary Vocabulary { get; }

    /// <summary>The token for what the vocabulary lacks, or null.</summary>
    int? UnknownId { get; }

    /// <summary>
    /// A character before which a text may be cut without changing its ids, unless the character before it is the same one; null
    /// where no such character is known. It lets a model without pre-tokeniser work word by word.
    /// </summary>
    char? WordStart => null;

    /// <summary>Appends the ids of a word that is not empty.</summary>
    /// <param name="word">The word, as the pre-tokeniser leaves it.</param>
    /// <param name="ids">Receives the ids.</param>
    void Encode(ReadOnlySpan<char> word, List<int> ids);
}
