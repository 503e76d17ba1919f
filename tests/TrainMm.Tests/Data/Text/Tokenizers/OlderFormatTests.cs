using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Text;
using TrainMm.Data.Text.Tokenizers;

namespace TrainMm.Tests.Data.Text.Tokenizers;

public sealed class OlderFormatTests
{
    [Fact]
    public void ASentencePieceModelMergesByScore()
    {
        using var folder = new TempFolder();
        var tokenizer = LoadModel(folder, isBytePair: true, ("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3), ("▁", -9, 1), ("a", -8, 1), ("b", -7, 1), ("ab", -2, 1), ("▁ab", -1, 1), ("ba", -3, 1));
        Assert.Equal("▁ab|ab|a", tokenizer.Spell("ababa"));
        Assert.Equal("<s>|▁ab", tokenizer.Spell("ab", addSpecialTokens: true));
        Assert.Equal("ab|a", string.Join('|', tokenizer.EncodeStretch("aba", TextPosition.AfterText).Select(tokenizer.IdToToken)));
        Assert.Equal(new SpecialTokens(1, 2, null, 0, AddBeginOfText: null, AddEndOfText: null), tokenizer.Special);
        Assert.Equal("ab ⁇ b", tokenizer.Decode([7, 0, 5]));
    }

    [Fact]
    public void ASentencePieceModelOfT5sKindEndsWithEos()
    {
        using var folder = new TempFolder();
        var tokenizer = LoadModel(folder, isBytePair: false, ("<unk>", 0, 2), ("</s>", 0, 3), ("▁", -2, 1), ("a", -3, 1), ("▁a", -4, 1), ("aa", -7, 1));
        Assert.Equal("▁a|a|</s>", tokenizer.Spell("  aa ", addSpecialTokens: true));
        Assert.Equal("▁a|</s>", tokenizer.Spell("a</s>", addSpecialTokens: true));
    }

    [Fact]
    public void VocabularyAndMergesAreReadByTheTokenizersClass()
    {
        using var folder = new TempFolder();
        folder.Write("gpt2/vocab.json", """{"a": 0, "b": 1, "ab": 2, "Ġ": 3, "Ġab": 4, "<end>": 5}""");
        folder.Write("gpt2/merges.txt", "#version: 0.2\na b\nĠ ab\n");
        folder.Write("gpt2/tokenizer_config.json", """{"tokenizer_class": "GPT2TokenizerFast", "eos_token": "<end>"}""");
        var tokenizer = TokenizerFile.Load(Path.Combine(folder.Path, "gpt2"));
        Assert.Equal("ab|Ġab|a|<end>", tokenizer.Spell("ab aba<end>"));
        Assert.Equal(5, tokenizer.Special.EndOfText);

        folder.Write("clip/vocab.json", """{"a": 0, "b": 1, "a</w>": 2, "b</w>": 3, "ab</w>": 4, "</w>": 5, "<e>": 6}""");
        folder.Write("clip/merges.txt", "a b</w>\n");
        folder.Write("clip/tokenizer_config.json", """{"tokenizer_class": "CLIPTokenizer", "eos_token": "<e>", "unk_token": "<e>"}""");
        Assert.Equal("ab</w>|b</w>|<e>", TokenizerFile.Load(Path.Combine(folder.Path, "clip")).Spell(" AB   b", addSpecialTokens: true));
    }

    [Fact]
    public void BertsVocabularyIsReadByItsLines()
    {
        using var folder = new TempFolder();
        var file = folder.Write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\nun\n##want\n.\n");
        var tokenizer = TokenizerFile.Load(file);
        Assert.Equal("[CLS]|un|##want|.|[UNK]|[SEP]", tokenizer.Spell("UNWANT. x", addSpecialTokens: true));
        Assert.Equal("unwant.", tokenizer.Decode([4, 5, 6]));
    }

    [Fact]
    public void TiktokenRanksAreBothIdsAndOrder()
    {
        using var folder = new TempFolder();
        string[] tokens = ["a", "b", " ", "ab", " ab", "é"];
        var lines = tokens.SelectMany((token, rank) => token == "é"
            ? Encoding.UTF8.GetBytes(token).Select((value, i) => (Bytes: new[] { value }, Rank: 10 + i))
            : [(Encoding.UTF8.GetBytes(token), rank)]);
        var file = folder.Write("cl100k_base.tiktoken", string.Concat(lines.Select(line => $"{Convert.ToBase64String(line.Bytes)} {line.Rank}\n")));
        var tokenizer = TokenizerFile.Load(file);
        Assert.Equal([3, 4, 10, 11, 100257], tokenizer.Encode("ab abé<|endoftext|>"));
        Assert.Equal("ab abé", tokenizer.Decode([3, 4, 10, 11]));
    }

    [Fact]
    public void DamagedFilesAreNamed()
    {
        using var folder = new TempFolder();
        var shown = new StringBuilder();
        foreach (var (name, text) in new[]
        {
            ("cut/tokenizer.model", "\n\u0040abc"), ("empty/tokenizer.model", string.Empty), ("p50k_base.tiktoken", "YQ== 0\n"),
            ("a/cl100k_base.tiktoken", "YQ== 0\nYg\n"), ("b/vocab.txt", "a\nb\n"), ("c/vocab.json", "{\"a\": 0}"), ("d/vocab.json", "[]"),
        })
        {
            var file = folder.Write(name, text);
            shown.Append(Assert.Throws<DataException>(() => TokenizerFile.Load(file)).Message).Append('\n');
        }

        folder.Write("e/merges.txt", "a b c\n");
        var badMerges = folder.Write("e/vocab.json", "{\"a\": 0}");
        shown.Append(Assert.Throws<DataException>(() => TokenizerFile.Load(badMerges)).Message).Append('\n');
        folder.Write("f/merges.txt", "\n");
        folder.Write("f/tokenizer_config.json", """{"tokenizer_class": "MarkovTokenizer"}""");
        var unknownClass = folder.Write("f/vocab.json", "{\"a\": 0}");
        shown.Append(Assert.Throws<DataException>(() => TokenizerFile.Load(unknownClass)).Message);
        Snapshot.Match(shown.ToString(), "damaged", folder.Path);
    }

    /// <summary>Writes a model file field by field: pieces, then the trainer's kind and ids.</summary>
    private static ITokenizer LoadModel(TempFolder folder, bool isBytePair, params (string Text, float Score, int Kind)[] pieces)
    {
        var bytes = new List<byte>();
        foreach (var (text, score, kind) in pieces)
        {
            byte[] spelled = Encoding.UTF8.GetBytes(text);
            byte[] piece = [0x0A, (byte)spelled.Length, .. spelled, 0x15, .. BitConverter.GetBytes(score), 0x18, (byte)kind];
            bytes.AddRange([0x0A, (byte)piece.Length, .. piece]);
        }

        int IdOf(string text) => Array.FindIndex(pieces, piece => piece.Text == text);
        byte[] trainer = [0x18, (byte)(isBytePair ? 2 : 1), 0xC0, 0x02, 0, 0xC8, 0x02, .. Varint(IdOf("<s>")), 0xD0, 0x02, .. Varint(IdOf("</s>"))];
        byte[] normalizer = [0x18, 1, 0x20, (byte)(isBytePair ? 0 : 1), 0x28, 1];
        bytes.AddRange([0x12, (byte)trainer.Length, .. trainer, 0x1A, (byte)normalizer.Length, .. normalizer]);
        var file = Path.Combine(folder.Path, "tokenizer.model");
        File.WriteAllBytes(file, [.. bytes]);
        return TokenizerFile.Load(file);
    }

    private static byte[] Varint(int value) => value >= 0 ? [(byte)value] : [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01];
}
