using System.Text;
using System.Text.Json;
using TrainMm.Data.Text;
using TrainMm.Data.Text.Tokenizers;
using Xunit.Abstractions;

namespace TrainMm.ParityTests.Tokenizers;

/// <summary>Ids and decoded text against the reference implementations, exactly: Rust <c>tokenizers</c>, SentencePiece, tiktoken.</summary>
public sealed class TokenizerParityTests(ITestOutputHelper output)
{
    private const int ShownDifferences = 5;

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
        if (!File.Exists(Path.Combine(folder, "tokenizer.json")))
        {
            output.WriteLine($"{name}: skipped, its format is not read yet");
            return;
        }

        Compare(TokenizerFile.Load(folder), Path.Combine(folder, "golden.json"));
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

        Compare(TokenizerFile.Load(Path.Combine(TokenizerCases.DemoFolder, "frozen", "llm")), golden);
    }

    private void Compare(ITokenizer tokenizer, string golden)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(golden));
        var differences = new List<string>();
        var count = 0;
        foreach (var entry in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            var text = entry.Text("text")!;
            var ids = entry.Ids("ids")!;
            count++;
            Expect("ids", ids, tokenizer.Encode(text));
            Expect("ids with special tokens", entry.Ids("ids_special") ?? entry.Ids("hf_t5_ids"), tokenizer.Encode(text, addSpecialTokens: true));
            Expect("decoded", entry.Text("decoded"), tokenizer.Decode(ids));
            Expect("decoded without special tokens", entry.Text("decoded_skip_special"), tokenizer.Decode(ids, skipSpecialTokens: true));

            void Expect(string what, object? expected, object actual)
            {
                var (wanted, got) = (JsonSerializer.Serialize(expected), JsonSerializer.Serialize(actual));
                if (expected is not null && !string.Equals(wanted, got, StringComparison.Ordinal))
                    differences.Add($"{what} of {JsonSerializer.Serialize(text)}\n  expected {wanted}\n  received {got}");
            }
        }

        output.WriteLine($"{count} cases, {differences.Count} differences; {document.RootElement.Text("reference")}");
        var report = new StringBuilder($"{differences.Count} differences in {count} cases:\n").AppendJoin('\n', differences.Take(ShownDifferences));
        Assert.True(count > 0 && differences.Count == 0, report.ToString());
    }
}
