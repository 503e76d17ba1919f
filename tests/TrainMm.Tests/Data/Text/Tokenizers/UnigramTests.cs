using System.Globalization;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace TrainMm.Tests.Data.Text.Tokenizers;

public sealed class UnigramTests
{
    private static readonly (string Piece, double Score)[] Pieces =
        [("<unk>", 0), ("▁", -2), ("a", -3), ("b", -3.5), ("ab", -5), ("▁a", -4), ("ba", -5.25), ("▁ab", -6.5), ("abab", -9), ("aa", -7)];

    [Theory]
    [InlineData("ab", "▁ab")]
    [InlineData("ba", "▁|ba")]
    [InlineData("axxb", "▁a|<unk>|b")]
    public void TheLikeliestPathIsTaken(string text, string expected) => Assert.Equal(expected, Load().Spell(text));

    [Fact]
    public void NoOtherPathIsLikelier()
    {
        var tokenizer = Load();
        var scores = Pieces.ToDictionary(piece => piece.Piece, piece => piece.Score, StringComparer.Ordinal);
        var texts = Gen.Elements('a', 'b', ' ').ListOf(12).Select(characters => string.Concat(characters).Trim());
        Prop.ForAll(texts.Where(text => text.Length > 0).ToArbitrary(), text =>
        {
            var shown = $"▁{text.Replace(' ', '▁')}";
            return Math.Abs(tokenizer.Spell(text).Split('|').Sum(piece => scores[piece]) - Best(shown, scores)) < 1e-9;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void BytesSpellWhatNoPieceCovers()
    {
        var bytes = Enumerable.Range(0, 256).Select(value => (string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"), 0.0));
        var tokenizer = Json([.. Pieces, .. bytes], byteFallback: true).Load();
        Assert.Equal("▁a|<0xC3>|<0xA9>|b", tokenizer.Spell("aéb"));
    }

    private static TrainMm.Data.Text.ITokenizer Load() => Json(Pieces, byteFallback: false).Load();

    private static JsonObject Json((string Piece, double Score)[] pieces, bool byteFallback) => new()
    {
        ["pre_tokenizer"] = JsonNode.Parse("""{"type": "Metaspace", "prepend_scheme": "always", "split": false}"""),
        ["model"] = new JsonObject
        {
            ["type"] = "Unigram",
            ["unk_id"] = 0,
            ["byte_fallback"] = byteFallback,
            ["vocab"] = new JsonArray([.. pieces.Select(piece => (JsonNode)new JsonArray(piece.Piece, piece.Score))]),
        },
    };

    private static double Best(string text, Dictionary<string, double> scores)
    {
        if (text.Length == 0) return 0;
        return Enumerable.Range(1, text.Length)
            .Where(length => scores.ContainsKey(text[..length]))
            .Select(length => scores[text[..length]] + Best(text[length..], scores))
            .DefaultIfEmpty(double.NegativeInfinity).Max();
    }
}
