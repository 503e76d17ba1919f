using System.Security.Cryptography;
using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Text.Tokenizers.Decoders;
using TrainMm.Data.Text.Tokenizers.Models;
using TrainMm.Data.Text.Tokenizers.Normalizers;
using TrainMm.Data.Text.Tokenizers.Patterns;
using TrainMm.Data.Text.Tokenizers.PostProcessors;
using TrainMm.Data.Text.Tokenizers.PreTokenizers;

namespace TrainMm.Data.Text.Tokenizers.Formats;

/// <summary>BERT's <c>vocab.txt</c>: a token a line, its id is its line.</summary>
internal sealed class VocabularyTextFormat : ITokenizerFormat
{
    private static readonly string[] SpecialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    /// <inheritdoc/>
    public string FileName => "vocab.txt";

    /// <inheritdoc/>
    public TokenizerParts Read(string file)
    {
        var bytes = JsonDocumentFile.ReadBytes(file);
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (id, line) in Encoding.UTF8.GetString(bytes).TrimEnd('\n', '\r').Split('\n').Index())
        {
            ids[line.TrimEnd('\r')] = id;
        }

        int Id(string token) => ids.TryGetValue(token, out var id) ? id : throw new DataException($"the vocabulary lacks the token '{token}'", file);
        var vocabulary = new Vocabulary(ids);
        var lowercase = Lowercases(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, "tokenizer_config.json"));
        return new TokenizerParts
        {
            Model = new WordPieceModel(vocabulary, Id("[UNK]"), "##", longestWord: 100),
            Fingerprint = Convert.ToHexStringLower(SHA256.HashData(bytes)),
            Configuration = TokenizerConfiguration.Empty with { Padding = "[PAD]", Unknown = "[UNK]" },
            Normalizer = new BertNormalizer(cleanText: true, spaceChinese: true, stripAccents: lowercase, lowercase),
            PreTokenizers =
            [
                new SplitPreTokenizer(new CharacterPattern(CharacterClasses.IsSpace), SplitBehavior.Removed),
                new SplitPreTokenizer(new CharacterPattern(CharacterClasses.IsPunctuation), SplitBehavior.Isolated),
            ],
            PostProcessors = [new SurroundPostProcessor([Id("[CLS]")], [Id("[SEP]")])],
            Decoders = [DecoderReader.WordPiece("##", cleanup: true)],
            AddedTokens = [.. SpecialTokens.Where(ids.ContainsKey).Select(token =>
                new AddedToken(ids[token], token, Special: true, Normalized: false, SingleWord: false, StripLeft: false, StripRight: false))],
        };
    }

    private static bool Lowercases(string file)
    {
        if (!File.Exists(file))
        {
            return true;
        }

        using var document = JsonDocumentFile.Parse(file);
        return new ComponentNode(document.RootElement, file, "$").Flag("do_lower_case", otherwise: true);
    }
}
