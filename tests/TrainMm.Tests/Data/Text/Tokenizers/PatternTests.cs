using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Text.Tokenizers;
using TrainMm.Data.Text.Tokenizers.Patterns;
using TrainMm.Data.Text.Tokenizers.PreTokenizers;

namespace TrainMm.Tests.Data.Text.Tokenizers;

public sealed class PatternTests
{
    private static readonly ComponentNode Nowhere = new(default, "tokenizer.json", "$");

    [Theory]
    [InlineData(ScannerPattern.Gpt2)]
    [InlineData(ScannerPattern.Llama3)]
    [InlineData(ScannerPattern.Qwen)]
    public void AScannerCutsAsItsRegexDoes(string regex)
    {
        var scanner = ScannerPattern.Known(regex)!;
        var reference = RegexPattern.Create(regex, Nowhere);
        var pieces = Gen.Elements(
            "a", "Z", "é", "猫", "𝒜", "1", "٣", "²", "𝟙", " ", " ", "\t", "\n", "\r", "\u00a0", "'", "'s", "'LL", "'re", ".", "!", "🐈", "\u0301", "\u200b");
        var texts = pieces.ListOf(24).Select(parts => string.Concat(parts));
        Prop.ForAll(texts.ToArbitrary(), text => Cut(scanner, text).SequenceEqual(Cut(reference, text))).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Theory]
    [InlineData(@"a++b", "aab", "aab")]
    [InlineData(@"[^\r\n]?+x", "xx", "xx")]
    [InlineData(@"(?:ab){2}+", "ababababab", "abababab|-ab")]
    [InlineData(@"\h+", "xyz0fF", "-xyz|0fF")]
    [InlineData(@"\p{L}+", "𝒜b 1", "𝒜b|- 1")]
    [InlineData(@"\(?a", "(a", "(a")]
    [InlineData(@"[]a]+", "]ab", "]a|-b")]
    public void OnigurumaSyntaxIsReadAsMeant(string regex, string text, string expected)
    {
        var cut = Cut(RegexPattern.Create(regex, Nowhere), text).Select(stretch => $"{(stretch.IsMatch ? null : "-")}{text.AsSpan(stretch.Start, stretch.Length)}");
        Assert.Equal(expected, string.Join('|', cut));
    }

    [Theory]
    [InlineData(@"[[:alpha:]]")]
    [InlineData(@"[\p{L}&&\p{Lu}]")]
    [InlineData(@"\p{Han}")]
    [InlineData(@"(")]
    public void SyntaxThatCannotBeReadIsRefused(string regex)
    {
        var refusal = Assert.Throws<DataException>(() => RegexPattern.Create(regex, Nowhere));
        Assert.Contains(regex, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Removed", "a|b|c")]
    [InlineData("Isolated", "-|a|-|-|b|-|c")]
    [InlineData("Contiguous", "-|a|--|b|-|c")]
    [InlineData("MergedWithPrevious", "-|a-|-|b-|c")]
    [InlineData("MergedWithNext", "-a|-|-b|-c")]
    public void EachBehaviourKeepsMatchesInItsOwnWay(string behavior, string expected)
    {
        var words = new List<Piece>();
        new SplitPreTokenizer(new LiteralPattern("-"), Enum.Parse<SplitBehavior>(behavior)).Split(new Piece("-a--b-c".AsMemory(), AtStart: true), words);
        Assert.Equal(expected, string.Join('|', words.Select(word => word.Text.ToString())));
    }

    [Fact]
    public void LongContractionsCountWithTheLongS()
    {
        var node = JsonDocument.Parse($$"""{"Regex": {{JsonSerializer.Serialize(ScannerPattern.Llama3)}}}""").RootElement;
        var text = "x'ſ";
        Assert.Equal(2, Cut(TextPattern.Read(new ComponentNode(node, "tokenizer.json", "$")), text).Count);
    }

    private static List<PatternStretch> Cut(TextPattern pattern, string text)
    {
        var stretches = new List<PatternStretch>();
        pattern.Cut(text, stretches);
        return stretches;
    }
}
