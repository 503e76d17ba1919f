using System.Text.Json.Nodes;
using TrainMm.Data.Text;
using TrainMm.Data.Text.Tokenizers;

namespace TrainMm.Tests.Data.Text.Tokenizers;

/// <summary>Tokenizers of a few dozen tokens, written by the tests themselves.</summary>
internal static class TinyTokenizers
{
    /// <summary>A byte-level tokenizer: the 256 bytes, a few merges, and the tokens of a chat.</summary>
    public static JsonObject ByteLevel(params string[] merges)
    {
        var vocabulary = new JsonObject();
        foreach (var value in Enumerable.Range(0, 256)) vocabulary[ByteAlphabet.Show((byte)value).ToString()] = value;
        foreach (var merge in merges) vocabulary[merge.Replace(" ", string.Empty, StringComparison.Ordinal)] ??= vocabulary.Count;
        var special = (ReadOnlySpan<string>)["<s>", "</s>", "<image>", "<pad>"];
        var added = new JsonArray();
        foreach (var token in special) added.Add(new JsonObject { ["id"] = 1000 + added.Count, ["content"] = token, ["special"] = true });
        return new JsonObject
        {
            ["added_tokens"] = added,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false },
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JsonArray([.. merges.Select(merge => (JsonNode)merge)]) },
        };
    }

    /// <summary>A tokenizer in LLaMA-2's manner: ▁ for spaces, and bytes for what the vocabulary lacks.</summary>
    public static JsonObject ByteFallback(params string[] merges)
    {
        var vocabulary = new JsonObject { ["<unk>"] = 0 };
        foreach (var value in Enumerable.Range(0, 256)) vocabulary[$"<0x{value:X2}>"] = 1 + value;
        foreach (var character in "▁abcdefghijklmnopqrstuvwxyz") vocabulary[character.ToString()] = vocabulary.Count;
        foreach (var merge in merges) vocabulary[merge.Replace(" ", string.Empty, StringComparison.Ordinal)] ??= vocabulary.Count;
        return JsonNode.Parse("""
            {
              "added_tokens": [{"id": 0, "content": "<unk>", "special": true}],
              "normalizer": {"type": "Sequence", "normalizers": [
                {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
              "decoder": {"type": "Sequence", "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
            }
            """)!.AsObject().With("model", new JsonObject
        {
            ["type"] = "BPE",
            ["unk_token"] = "<unk>",
            ["fuse_unk"] = true,
            ["byte_fallback"] = true,
            ["vocab"] = vocabulary,
            ["merges"] = new JsonArray([.. merges.Select(merge => (JsonNode)merge)]),
        });
    }

    /// <summary>The tokens of a text, with bars between them.</summary>
    public static string Spell(this ITokenizer tokenizer, string text, bool addSpecialTokens = false) =>
        string.Join('|', tokenizer.Encode(text, addSpecialTokens).Select(tokenizer.IdToToken));

    /// <summary>The object with a value put under a name.</summary>
    public static JsonObject With(this JsonObject json, string name, JsonNode? value)
    {
        json[name] = value;
        return json;
    }

    /// <summary>The object with a value, given as JSON text, put under a name.</summary>
    public static JsonObject With(this JsonObject json, string name, string value) => json.With(name, JsonNode.Parse(value));

    /// <summary>Loads a tokenizer from its JSON, with the roles of <c>&lt;s&gt;</c>, <c>&lt;/s&gt;</c> and <c>&lt;pad&gt;</c> named beside it.</summary>
    public static ITokenizer Load(this JsonObject json)
    {
        using var folder = new TempFolder();
        folder.Write("tokenizer_config.json", """{"bos_token": "<s>", "eos_token": {"content": "</s>"}, "pad_token": "<pad>", "add_bos_token": true}""");
        return TokenizerFile.Load(Path.GetDirectoryName(folder.Write("tokenizer.json", json.ToJsonString()))!);
    }
}
