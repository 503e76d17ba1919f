using System.Text.Json.Nodes;

namespace TrainMm.Tests.Data.Text.Tokenizers;

public sealed class WordPieceTests
{
    [Theory]
    [InlineData("unwanted", "un|##want|##ed")]
    [InlineData("unwantx", "[UNK]")]
    [InlineData("un un", "un|un")]
    [InlineData("ununununun", "[UNK]")]
    public void TakesTheLongestTokenFirst(string text, string expected)
    {
        var json = JsonNode.Parse("""
            {"pre_tokenizer": {"type": "WhitespaceSplit"}, "model": {"type": "WordPiece", "unk_token": "[UNK]", "max_input_chars_per_word": 8,
             "vocab": {"[UNK]": 0, "un": 1, "##want": 2, "##wan": 3, "##ed": 4, "##un": 5}}}
            """)!.AsObject();
        var tokenizer = json.Load();
        Assert.Equal(expected, tokenizer.Spell(text));
    }
}
