using System.Text;
using System.Text.Json;
using TrainMm.Data.Text;
using TrainMm.Data.Text.Tokenizers;
using Xunit.Abstractions;

namespace TrainMm.ParityTests.Tokenizers;

/// <summary>Ids and decoded text against the reference implementations, exactly: Rust <c>tokenizers</c>, SentencePiece, gpt-tokenizer.</summary>
public sealed class TokenizerParityTests(ITestOutputHelper output)
{
    private const int ShownDifferences = 5;
    private static readonly string[] KnownFiles = ["tokenizer.json", "*.model", "*.tiktoken", "vocab.json", "vocab.txt"];

    [Theory]
    [MemberData(nameof(TokenizerCases.Names), MemberType = typeof(TokenizerCases))]
    public void GivesTheReferencesIds(string name)
    {
        if (name == TokenizerCases.NoneFound)
        {
            output.WriteLine(name);
            return;
        }

        var folder = Path.Combine(TokenizerCases.Folder, name);
        if (!KnownFiles.Any(known => Directory.EnumerateFiles(folder, known).Any()))
        {
            output.WriteLine($"{name}: skipped, it holds no file of a known format");
            return;
        }

        using var repaired = RepairedModel.Of(folder);
        Compare(TokenizerFile.Load(repaired?.Folder ?? folder), Path.Combine(folder, "golden.json"), CompareParts.All);
    }

    /// <summary>The same tokenizer in its older files, alone in a folder, gives the ids of <c>tokenizer.json</c>.</summary>
    [Theory]
    [MemberData(nameof(TokenizerCases.OlderFiles), MemberType = typeof(TokenizerCases))]
    public void OlderFilesGiveTheSameIds(string name, string file)
    {
        if (name == TokenizerCases.NoneFound)
        {
            output.WriteLine(name);
            return;
        }

        var folder = Path.Combine(TokenizerCases.Folder, name);
        var alone = Directory.CreateTempSubdirectory("trainmm-test-");
        try
        {
            foreach (var part in (ReadOnlySpan<string>)[file, "merges.txt", "tokenizer_config.json"])
            {
                if (File.Exists(Path.Combine(folder, part))) File.Copy(Path.Combine(folder, part), Path.Combine(alone.FullName, part));
            }

            // SentencePiece decodes what stands round special tokens in its own way, so a .model file's decoding has its own cases.
            var isSentencePiece = file.EndsWith(".model", StringComparison.Ordinal);
            var tokenizer = TokenizerFile.Load(alone.FullName);
            Compare(tokenizer, Path.Combine(folder, "golden.json"), isSentencePiece ? CompareParts.Ids : CompareParts.All);
            var decoded = Path.Combine(folder, "golden_sentencepiece.json");
            if (isSentencePiece && File.Exists(decoded)) Compare(tokenizer, decoded, CompareParts.Decoded);
        }
        finally
        {
            alone.Delete(recursive: true);
        }
    }

    [Fact]
    public void GivesTheReferencesIdsOnTheDemosTokenizer()
    {
        var golden = Path.Combine(TokenizerCases.DemoFolder, "data", "tokenizer_cases.json");
        if (!File.Exists(golden))
        {
            output.WriteLine(TokenizerCases.NoneFound);
            return;
        }

        Compare(TokenizerFile.Load(Path.Combine(TokenizerCases.DemoFolder, "frozen", "llm")), golden, CompareParts.All);
    }

    private void Compare(ITokenizer tokenizer, string golden, CompareParts parts)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(golden));
        var reference = document.RootElement.Text("reference") ?? string.Empty;
        var differences = new List<string>();
        var (count, skipped) = (0, 0);
        foreach (var entry in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            count++;
            var text = entry.Text("text")!;
            if (IsQuirkOf(reference, text))
            {
                skipped++;
                continue;
            }

            void Expect(string what, object? expected, object actual)
            {
                var (wanted, got) = (JsonSerializer.Serialize(expected), JsonSerializer.Serialize(actual));
                if (expected is not null && !string.Equals(wanted, got, StringComparison.Ordinal))
                    differences.Add($"{what} of {JsonSerializer.Serialize(text)}\n  expected {wanted}\n  received {got}");
            }

            var ids = entry.Ids("ids")!;
            if (parts.HasFlag(CompareParts.Ids))
            {
                var readsSpecial = !reference.StartsWith("sentencepiece", StringComparison.Ordinal) && !reference.StartsWith("gpt-tokenizer", StringComparison.Ordinal);
                Expect("ids", ids, readsSpecial ? tokenizer.Encode(text) : tokenizer.EncodeStretch(text, TextPosition.Start));
                Expect("ids with special tokens read", entry.Ids("ids_allowed_special_all"), tokenizer.Encode(text));
                Expect("ids with special tokens added", entry.Ids("ids_special") ?? AgreedT5Ids(entry, ids), tokenizer.Encode(text, addSpecialTokens: true));
            }

            if (parts.HasFlag(CompareParts.Decoded))
            {
                Expect("decoded", entry.Text("decoded"), tokenizer.Decode(ids));
                Expect("decoded without special tokens", entry.Text("decoded_skip_special"), tokenizer.Decode(ids, skipSpecialTokens: true));
            }
        }

        output.WriteLine($"{count} cases, {skipped} skipped, {differences.Count} differences; {reference}");
        var report = new StringBuilder($"{differences.Count} differences in {count} cases:\n").AppendJoin('\n', differences.Take(ShownDifferences));
        Assert.True(count > skipped && differences.Count == 0, report.ToString());
    }

    /// <summary>
    /// gpt-tokenizer reads tokens with JavaScript's TextDecoder, which drops a U+FEFF in front, and has a chat token of its own;
    /// OpenAI's encodings have neither.
    /// </summary>
    private static bool IsQuirkOf(string reference, string text) =>
        reference.StartsWith("gpt-tokenizer", StringComparison.Ordinal) && (text.StartsWith('\uFEFF') || text.Contains("<|im_start|>", StringComparison.Ordinal));

    /// <summary>transformers' T5 tokenizer puts text of its own in front; its ids are asked for where they are SentencePiece's and EOS.</summary>
    private static int[]? AgreedT5Ids(JsonElement entry, int[] ids) =>
        entry.Ids("hf_t5_ids") is { } added && added.AsSpan(0, added.Length - 1).SequenceEqual(ids) ? added : null;

    [Flags]
    private enum CompareParts
    {
        Ids = 1,
        Decoded = 2,
        All = Ids | Decoded,
    }
}
