using System.Globalization;
using System.Text;

namespace TrainMm.Data.Text.Tokenizers.Patterns;

/// <summary>What a tokenizer's pattern may ask of a character.</summary>
internal enum CharacterClass : byte
{
    /// <summary>None of the others.</summary>
    Other,

    /// <summary><c>\p{L}</c>.</summary>
    Letter,

    /// <summary><c>\p{N}</c>.</summary>
    Number,

    /// <summary><c>\s</c>, but for the two of <see cref="LineBreak"/>.</summary>
    Space,

    /// <summary><c>[\r\n]</c>.</summary>
    LineBreak,
}

/// <summary>Unicode properties of characters, by code point: a surrogate pair is one character, as it is for the reference.</summary>
internal static class CharacterClasses
{
    private static readonly CharacterClass[] Basic = [.. Enumerable.Range(0, 0x10000).Select(Classify)];

    /// <summary>The class of the character that begins at an index.</summary>
    /// <param name="text">The text.</param>
    /// <param name="index">Where the character begins.</param>
    /// <param name="length">How many UTF-16 units it has.</param>
    public static CharacterClass At(ReadOnlySpan<char> text, int index, out int length)
    {
        var first = text[index];
        if (char.IsHighSurrogate(first) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
        {
            length = 2;
            return Classify(char.ConvertToUtf32(first, text[index + 1]));
        }

        length = 1;
        return Basic[first];
    }

    /// <summary>Whether the text's first character is one of a word (<c>\w</c>).</summary>
    public static bool IsWordAtStart(ReadOnlySpan<char> text)
    {
        Rune.DecodeFromUtf16(text, out var rune, out _);
        return IsWord(rune);
    }

    /// <summary>Whether the text's last character is one of a word (<c>\w</c>).</summary>
    public static bool IsWordAtEnd(ReadOnlySpan<char> text)
    {
        Rune.DecodeLastFromUtf16(text, out var rune, out _);
        return IsWord(rune);
    }

    /// <summary><c>\w</c>: letters, marks, decimal and letter numbers, connecting punctuation, and the two joiners.</summary>
    public static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) is <= UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation
        || rune.Value is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    /// <summary>White space by Unicode's property.</summary>
    public static bool IsSpace(Rune rune) => Rune.IsWhiteSpace(rune);

    /// <summary><c>\p{N}</c>.</summary>
    public static bool IsNumber(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>ASCII's printable characters that are neither letter nor digit nor space, and <c>\p{P}</c>.</summary>
    public static bool IsPunctuation(Rune rune) =>
        rune.Value is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~') || Rune.IsPunctuation(rune);

    private static CharacterClass Classify(int codePoint) => codePoint is '\r' or '\n'
        ? CharacterClass.LineBreak
        : codePoint < 0x10000 && char.IsWhiteSpace((char)codePoint)
        ? CharacterClass.Space
        : CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
        {
            <= UnicodeCategory.OtherLetter => CharacterClass.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
            _ => CharacterClass.Other,
        };
}
