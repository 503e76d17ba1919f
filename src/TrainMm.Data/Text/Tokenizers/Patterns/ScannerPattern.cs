namespace TrainMm.Data.Text.Tokenizers.Patterns;

/// <summary>
/// The patterns that GPT-2, LLaMA-3 and Qwen cut words with, written as loops: they match every character of a text, and most of a
/// tokenizer's time would otherwise go into the regex engine. A test holds them against the regex.
/// </summary>
internal sealed class ScannerPattern : TextPattern
{
    /// <summary>GPT-2's pattern, which <c>ByteLevel</c> implies.</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>The pattern of cl100k and LLaMA-3.</summary>
    public const string Llama3 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>Qwen's pattern: LLaMA-3's with digits one by one.</summary>
    public const string Qwen =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private readonly Scanner scanner;

    private ScannerPattern(Scanner scanner) => this.scanner = scanner;

    private delegate int Scanner(ReadOnlySpan<char> text, int start);

    /// <summary>The scanner of a known pattern, or null.</summary>
    public static ScannerPattern? Known(string regex) => regex switch
    {
        Gpt2 => new ScannerPattern(Gpt2Word),
        Llama3 => new ScannerPattern((text, start) => Llama3Word(text, start, longestNumber: 3)),
        Qwen => new ScannerPattern((text, start) => Llama3Word(text, start, longestNumber: 1)),
        _ => null,
    };

    /// <inheritdoc/>
    public override void Cut(ReadOnlySpan<char> text, List<PatternStretch> stretches)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = scanner(text, start);
            stretches.Add(new PatternStretch(start, end - start, IsMatch: true));
            start = end;
        }
    }

    private static int Gpt2Word(ReadOnlySpan<char> text, int start)
    {
        if (Contraction(text[start..], ignoreCase: false) is > 0 and var contraction)
        {
            return start + contraction;
        }

        var from = text[start] == ' ' && start + 1 < text.Length ? start + 1 : start;
        var kind = CharacterClasses.At(text, from, out _);
        return kind is CharacterClass.Space or CharacterClass.LineBreak ? SpacesEnd(text, start) : RunEnd(text, from, kind);
    }

    private static int Llama3Word(ReadOnlySpan<char> text, int start, int longestNumber)
    {
        if (Contraction(text[start..], ignoreCase: true) is > 0 and var contraction)
        {
            return start + contraction;
        }

        var kind = CharacterClasses.At(text, start, out var length);
        var next = start + length;
        var nextKind = next < text.Length ? CharacterClasses.At(text, next, out _) : CharacterClass.Space;
        switch (kind)
        {
            case CharacterClass.Letter:
                return RunEnd(text, start, CharacterClass.Letter);
            case CharacterClass.Number:
                return RunEnd(text, start, CharacterClass.Number, longestNumber);
            case CharacterClass.Space or CharacterClass.Other when nextKind == CharacterClass.Letter:
                return RunEnd(text, next, CharacterClass.Letter);
            case CharacterClass.Other:
                return RunEnd(text, RunEnd(text, start, CharacterClass.Other), CharacterClass.LineBreak);
            default:
                if (text[start] == ' ' && next < text.Length && nextKind == CharacterClass.Other)
                {
                    return RunEnd(text, RunEnd(text, next, CharacterClass.Other), CharacterClass.LineBreak);
                }

                var end = SpaceRunEnd(text, start);
                var lineBreak = text[start..end].LastIndexOfAny('\r', '\n');
                return lineBreak >= 0 ? start + lineBreak + 1 : SpacesEnd(text, start);
        }
    }

    /// <summary><c>\s+(?!\S)|\s+</c>: the white space, less its last character when a word follows.</summary>
    private static int SpacesEnd(ReadOnlySpan<char> text, int start)
    {
        var end = SpaceRunEnd(text, start);
        return end == text.Length || end == start + 1 ? end : end - 1;
    }

    private static int SpaceRunEnd(ReadOnlySpan<char> text, int start)
    {
        while (start < text.Length && CharacterClasses.At(text, start, out _) is CharacterClass.Space or CharacterClass.LineBreak)
        {
            start++;
        }

        return start;
    }

    private static int RunEnd(ReadOnlySpan<char> text, int start, CharacterClass kind, int longest = int.MaxValue)
    {
        for (var count = 0; count < longest && start < text.Length && CharacterClasses.At(text, start, out var length) == kind; count++)
        {
            start += length;
        }

        return start;
    }

    private static int Contraction(ReadOnlySpan<char> text, bool ignoreCase)
    {
        if (text.Length < 2 || text[0] != '\'')
        {
            return 0;
        }

        var first = Fold(text[1], ignoreCase);
        if (first is 's' or 't' or 'm' or 'd')
        {
            return 2;
        }

        var second = text.Length > 2 ? Fold(text[2], ignoreCase) : '\0';
        return (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    private static char Fold(char character, bool ignoreCase) =>
        !ignoreCase ? character : character == 'ſ' ? 's' : char.ToLowerInvariant(character);
}
