namespace TrainMm.Tests.Data.Text.Tokenizers;

public sealed class ComponentTests
{
    [Theory]
    [InlineData("""{"type": "NFC"}""", "e\u0301", "é")]
    [InlineData("""{"type": "NFC"}""", "\u1112\u1161\u11ab\u0344", "한\u0308\u0301")]
    [InlineData("""{"type": "NFC"}""", "a\u0323\u0302\u0301", "ậ\u0301")]
    [InlineData("""{"type": "NFC"}""", "\u0958", "\u0915\u093c")]
    [InlineData("""{"type": "NFD"}""", "ậ한", "a\u0323\u0302\u1112\u1161\u11ab")]
    [InlineData("""{"type": "NFKC"}""", "ﬁ①Ａ㌀", "fi1Aアパート")]
    [InlineData("""{"type": "NFKD"}""", "ﬁé", "fie\u0301")]
    [InlineData("""{"type": "Lowercase"}""", "ÀİΣ𐐀", "ài\u0307σ𐐨")]
    [InlineData("""{"type": "Strip"}""", " a b\n", "a b")]
    [InlineData("""{"type": "Strip", "strip_left": false, "strip_right": true}""", " a ", " a")]
    [InlineData("""{"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}]}""", "naïve", "naive")]
    [InlineData("""{"type": "Prepend", "prepend": "x"}""", "a", "xa")]
    [InlineData("""{"type": "Replace", "pattern": {"Regex": "a+"}, "content": "-"}""", "aabca", "-bc-")]
    [InlineData("""{"type": "BertNormalizer"}""", "Äb\u0000c\t猫x", "abc  猫 x")]
    [InlineData("""{"type": "BertNormalizer", "lowercase": false, "strip_accents": true}""", "Äb", "Ab")]
    public void NormalisersRewrite(string normalizer, string text, string expected)
    {
        var tokenizer = TinyTokenizers.ByteLevel().With("normalizer", normalizer).Load();
        Assert.Equal(expected, tokenizer.Decode(tokenizer.Encode(text)));
    }

    [Theory]
    [InlineData("""{"type": "Whitespace"}""", "a_1  b!? c", "a_1|b|!?|c")]
    [InlineData("""{"type": "WhitespaceSplit"}""", "a  b! c", "a|b!|c")]
    [InlineData("""{"type": "Digits"}""", "a12b", "a|12|b")]
    [InlineData("""{"type": "Digits", "individual_digits": true}""", "a12b", "a|1|2|b")]
    [InlineData("""{"type": "Punctuation"}""", "a--b", "a|-|-|b")]
    [InlineData("""{"type": "Punctuation", "behavior": "Contiguous"}""", "a--b", "a|--|b")]
    [InlineData("""{"type": "CharDelimiterSplit", "delimiter": "/"}""", "a/b", "a|b")]
    [InlineData("""{"type": "BertPreTokenizer"}""", "it's ok", "it|'|s|ok")]
    [InlineData("""{"type": "Metaspace"}""", "a b", "▁a|▁b")]
    [InlineData("""{"type": "Metaspace", "prepend_scheme": "never", "split": false}""", "a b", "a▁b")]
    [InlineData("""{"type": "Sequence", "pretokenizers": [{"type": "Digits"}, {"type": "ByteLevel", "add_prefix_space": true, "use_regex": false}]}""", "a1", "Ġa|Ġ1")]
    [InlineData("""{"type": "Sequence", "pretokenizers": [{"type": "ByteLevel", "add_prefix_space": false}, {"type": "Split", "pattern": {"String": "Ġ"}, "behavior": "Isolated"}]}""", "a b", "a|Ġ|b")]
    public void PreTokenisersCut(string preTokenizer, string text, string expected)
    {
        var json = TinyTokenizers.ByteLevel().With("pre_tokenizer", preTokenizer);
        json["model"]!["ignore_merges"] = true;
        foreach (var word in expected.Split('|')) json["model"]!["vocab"]![word] ??= 2000 + json["model"]!["vocab"]!.AsObject().Count;
        var tokenizer = json.Load();
        Assert.Equal(expected, tokenizer.Spell(text));
    }

    [Theory]
    [InlineData("""{"type": "BertProcessing", "sep": ["</s>", 1001], "cls": ["<s>", 1000]}""", "<s>|a|</s>")]
    [InlineData("""{"type": "RobertaProcessing", "sep": ["</s>", 1001], "cls": ["<s>", 1000], "trim_offsets": true}""", "<s>|a|</s>")]
    [InlineData("""{"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "</s>"}}], "special_tokens": {"</s>": {"ids": [1001]}}}]}""", "a|</s>")]
    public void PostProcessorsSurround(string postProcessor, string expected)
    {
        var tokenizer = TinyTokenizers.ByteLevel().With("post_processor", postProcessor).Load();
        Assert.Equal(expected, tokenizer.Spell("a", addSpecialTokens: true));
        Assert.Equal("a", tokenizer.Decode(tokenizer.Encode("a", addSpecialTokens: true), skipSpecialTokens: true));
    }

    [Theory]
    [InlineData("""{"type": "WordPiece"}""", "un ##want ed .", "unwant ed.")]
    [InlineData("""{"type": "Metaspace"}""", "▁un want ▁ed", "unwant ed")]
    [InlineData("""{"type": "BPEDecoder"}""", "un want</w> ed</w>", "unwant ed")]
    [InlineData("""{"type": "Strip", "content": "x", "start": 1, "stop": 2}""", "xxaxxx", "xax")]
    [InlineData("""{"type": "ByteFallback"}""", "a <0xC3> <0xA9> <0xC3> b", "a\uFFFD\uFFFD\uFFFDb")]
    [InlineData("null", "a b", "a b")]
    public void DecodersJoin(string decoder, string tokens, string expected)
    {
        var json = TinyTokenizers.ByteLevel().With("decoder", decoder);
        foreach (var token in tokens.Split(' ')) json["model"]!["vocab"]![token] ??= 2000 + json["model"]!["vocab"]!.AsObject().Count;
        var tokenizer = json.Load();
        Assert.Equal(expected, tokenizer.Decode([.. tokens.Split(' ').Select(token => tokenizer.TokenToId(token)!.Value)]));
    }

    [Theory]
    [InlineData("""{"lstrip": true}""", "a <x> b", "a|<x>|Ġ|b")]
    [InlineData("""{"rstrip": true}""", "a <x> b", "a|Ġ|<x>|b")]
    [InlineData("""{"single_word": true}""", "a<x> <x>", "a|<|x|>|Ġ|<x>")]
    [InlineData("""{"special": false}""", "a<x>", "a|<x>")]
    [InlineData("""{}""", "<x><x>y", "<x>|<x>y")]
    public void AddedTokensAreFoundFirst(string flags, string text, string expected)
    {
        var json = TinyTokenizers.ByteLevel();
        var token = System.Text.Json.Nodes.JsonNode.Parse(flags)!.AsObject().With("content", "\"<x>\"").With("id", "2000");
        json["added_tokens"]!.AsArray().Add(token);
        json["added_tokens"]!.AsArray().Add(System.Text.Json.Nodes.JsonNode.Parse("""{"id": 2001, "content": "<x>y"}"""));
        var tokenizer = json.Load();
        Assert.Equal(expected, tokenizer.Spell(text));
    }

    [Fact]
    public void ANormalisedTokenIsFoundAfterNormalising()
    {
        var json = TinyTokenizers.ByteLevel().With("normalizer", """{"type": "Lowercase"}""");
        json["added_tokens"]!.AsArray().Add(System.Text.Json.Nodes.JsonNode.Parse("""{"id": 2000, "content": "<X>", "normalized": true}"""));
        Assert.Equal([2000, 2000], json.Load().Encode("<x><X>"));
    }

    [Fact]
    public void RolesComeFromTheConfiguration()
    {
        var tokenizer = TinyTokenizers.ByteLevel().Load();
        Assert.Equal(new TrainMm.Data.Text.SpecialTokens(1000, 1001, 1003, null, AddBeginOfText: true, AddEndOfText: null), tokenizer.Special);
        Assert.Equal(1004, tokenizer.VocabularySize);
        Assert.Null(tokenizer.IdToToken(999));
        Assert.Equal(64, tokenizer.Fingerprint.Length);
    }
}
