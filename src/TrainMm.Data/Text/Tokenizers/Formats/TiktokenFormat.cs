using System.Security.Cryptography;
using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Text.Tokenizers.Decoders;
using TrainMm.Data.Text.Tokenizers.Models;
using TrainMm.Data.Text.Tokenizers.Patterns;
using TrainMm.Data.Text.Tokenizers.PreTokenizers;

namespace TrainMm.Data.Text.Tokenizers.Formats;

/// <summary>OpenAI's rank files: a line a token, its bytes in base 64 and its rank. Pattern and special tokens go by the file's name.</summary>
internal sealed class TiktokenFormat : ITokenizerFormat
{
    private const string O200k =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly Dictionary<string, Encoding> Known = new(StringComparer.Ordinal)
    {
        ["cl100k_base"] = new(ScannerPattern.Llama3, new(StringComparer.Ordinal)
        {
            ["<|endoftext|>"] = 100257,
            ["<|fim_prefix|>"] = 100258,
            ["<|fim_middle|>"] = 100259,
            ["<|fim_suffix|>"] = 100260,
            ["<|endofprompt|>"] = 100276,
        }),
        ["o200k_base"] = new(O200k, new(StringComparer.Ordinal) { ["<|endoftext|>"] = 199999, ["<|endofprompt|>"] = 200018 }),
    };

    /// <inheritdoc/>
    public string FileName => "*.tiktoken";

    /// <inheritdoc/>
    public TokenizerParts Read(string file)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        if (!Known.TryGetValue(name, out var encoding))
        {
            throw new DataException($"the encoding '{name}' is not known; known are {string.Join(", ", Known.Keys.Order(StringComparer.Ordinal))}", file);
        }

        var bytes = JsonDocumentFile.ReadBytes(file);
        var ids = ReadRanks(bytes, file);
        var vocabulary = new Vocabulary(ids);
        var place = new ComponentNode(default, file, "pattern");
        var pattern = (TextPattern?)ScannerPattern.Known(encoding.Pattern) ?? RegexPattern.Create(encoding.Pattern, place);
        return new TokenizerParts
        {
            Model = new BytePairModel(vocabulary, SplitMerges.Build(vocabulary, ids.Values.Select(id => (id, id))), new BytePairOptions { IgnoreMerges = true }),
            Fingerprint = Convert.ToHexStringLower(SHA256.HashData(bytes)),
            Configuration = TokenizerConfiguration.Empty with { EndOfText = "<|endoftext|>" },
            PreTokenizers = [new SplitPreTokenizer(pattern, SplitBehavior.Isolated)],
            MapsBytes = true,
            Decoders = [new ByteLevelDecoder()],
            AddedTokens = [.. encoding.Special.Select(token =>
                new AddedToken(token.Value, token.Key, Special: true, Normalized: false, SingleWord: false, StripLeft: false, StripRight: false))],
        };
    }

    private static Dictionary<string, int> ReadRanks(byte[] bytes, string file)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in System.Text.Encoding.ASCII.GetString(bytes).AsSpan().EnumerateLines())
        {
            number++;
            if (line.IsEmpty)
            {
                continue;
            }

            var space = line.IndexOf(' ');
            var token = new byte[line.Length];
            if (space < 0 || !int.TryParse(line[(space + 1)..], out var rank) || !Convert.TryFromBase64Chars(line[..space], token, out var length))
            {
                throw new DataException("a token in base 64 and its rank are expected here", $"{file}:{number}");
            }

            var shown = new StringBuilder(length);
            foreach (var value in token.AsSpan(0, length))
            {
                shown.Append(ByteAlphabet.Show(value));
            }

            ids[shown.ToString()] = rank;
        }

        return ids;
    }

    private sealed record Encoding(string Pattern, Dictionary<string, int> Special);
}
