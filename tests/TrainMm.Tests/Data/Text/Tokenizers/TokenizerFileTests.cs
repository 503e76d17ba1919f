using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Text.Tokenizers;

namespace TrainMm.Tests.Data.Text.Tokenizers;

public sealed class TokenizerFileTests
{
    [Fact]
    public void EachFaultNamesTheFileAndThePlace()
    {
        using var folder = new TempFolder();
        var messages = new StringBuilder();
        foreach (var (name, json) in Faults())
        {
            var file = folder.Write($"{name}/tokenizer.json", json);
            messages.Append(Assert.Throws<DataException>(() => TokenizerFile.Load(Path.GetDirectoryName(file)!)).Message).Append('\n');
        }

        messages.Append(Assert.Throws<DataException>(() => TokenizerFile.Load(Path.Combine(folder.Path, "nowhere"))).Message).Append('\n');
        Directory.CreateDirectory(Path.Combine(folder.Path, "empty"));
        messages.Append(Assert.Throws<DataException>(() => TokenizerFile.Load(Path.Combine(folder.Path, "empty"))).Message).Append('\n');
        Snapshot.Match(messages.ToString(), "faults", folder.Path);
    }

    private static IEnumerable<(string Name, string Json)> Faults()
    {
        yield return ("broken", "{\"model\": {\n  \"type\": \"BPE\",,\n}}");
        yield return ("no-model", "{}");
        yield return ("model", """{"model": {"type": "Markov"}}""");
        yield return ("normalizer", With("normalizer", """{"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Nmt2"}]}"""));
        yield return ("pre-tokenizer", With("pre_tokenizer", """{"type": "Sequence", "pretokenizers": [{"type": "Spilt"}]}"""));
        yield return ("regex", With("pre_tokenizer", """{"type": "Split", "pattern": {"Regex": "[[:alpha:]]+"}, "behavior": "Isolated"}"""));
        yield return ("behaviour", With("pre_tokenizer", """{"type": "Split", "pattern": {"String": "-"}, "behavior": "Kept"}"""));
        yield return ("post-processor", With("post_processor", """{"type": "Template"}"""));
        yield return ("template", With("post_processor", """{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[CLS]"}}], "special_tokens": {}}"""));
        yield return ("decoder", With("decoder", """{"type": "CTC2"}"""));
        yield return ("flag", With("added_tokens", """[{"id": 1, "content": "<x>", "special": "yes"}]"""));
        yield return ("merge", """{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"]}}""");
        yield return ("merge-form", """{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["aa"]}}""");
        yield return ("vocabulary", """{"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}}""");
        yield return ("dropout", """{"model": {"type": "BPE", "dropout": 0.1, "vocab": {"a": 0}, "merges": []}}""");
        yield return ("wordpiece", """{"model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"a": 0}}}""");
    }

    private static string With(string name, string value) => TinyTokenizers.ByteLevel().With(name, value).ToJsonString();
}
