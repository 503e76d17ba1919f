using System.Security.Cryptography;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Text.Tokenizers.Decoders;
using TrainMm.Data.Text.Tokenizers.Models;
using TrainMm.Data.Text.Tokenizers.Normalizers;
using TrainMm.Data.Text.Tokenizers.Patterns;
using TrainMm.Data.Text.Tokenizers.PostProcessors;
using TrainMm.Data.Text.Tokenizers.PreTokenizers;

namespace TrainMm.Data.Text.Tokenizers.Formats;

/// <summary><c>vocab.json</c> and <c>merges.txt</c>: byte-level BPE, whose other parts go by <c>tokenizer_config.json</c>'s <c>tokenizer_class</c>.</summary>
internal sealed class VocabularyAndMergesFormat : ITokenizerFormat
{
    private const string ClipPattern = @"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

    private static readonly RegexPattern Spaces = RegexPattern.Create(@"\s+", default);
    private static readonly string[] Gpt2Classes = ["GPT2Tokenizer", "RobertaTokenizer", "BartTokenizer", "WhisperTokenizer", "CodeGenTokenizer", "BlenderbotTokenizer"];

    /// <inheritdoc/>
    public string FileName => "vocab.json";

    /// <inheritdoc/>
    public TokenizerParts Read(string file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var bytes = JsonDocumentFile.ReadBytes(file);
        using var document = JsonDocumentFile.Parse(file, bytes);
        var vocabulary = BytePairReader.ReadVocabulary(new ComponentNode(document.RootElement, file, "$"));
        var mergesFile = Path.Combine(folder, "merges.txt");
        var mergeBytes = JsonDocumentFile.ReadBytes(mergesFile);
        var configuration = TokenizerConfiguration.Read(folder);
        var name = configuration.TokenizerClass ?? (vocabulary.IdOf("</w>") >= 0 ? "CLIPTokenizer" : "GPT2Tokenizer");
        var isClip = name == "CLIPTokenizer";
        var options = new BytePairOptions { UnknownToken = isClip ? configuration.Unknown : null, EndOfWordSuffix = isClip ? "</w>" : string.Empty };
        var parts = new TokenizerParts
        {
            Model = new BytePairModel(vocabulary, ReadMerges(mergeBytes, mergesFile, vocabulary, options), options),
            Fingerprint = Convert.ToHexStringLower(SHA256.HashData([.. bytes, .. mergeBytes])),
            Configuration = configuration,
            MapsBytes = true,
            Decoders = [new ByteLevelDecoder()],
            AddedTokens = AddedTokenFiles.Read(folder, configuration, token => vocabulary.IdOf(token)),
        };
        return isClip ? AsClip(parts)
            : name == "Qwen2Tokenizer" ? AsQwen(parts)
            : Gpt2Classes.Contains(name, StringComparer.Ordinal) ? AsGpt2(parts, name, folder)
            : throw new DataException($"tokenizer_class '{name}' is not known with vocab.json; known are CLIPTokenizer, Qwen2Tokenizer, {string.Join(", ", Gpt2Classes)}", file);
    }

    private static MergeTable ReadMerges(byte[] bytes, string file, Vocabulary vocabulary, BytePairOptions options)
    {
        var text = System.Text.Encoding.UTF8.GetString(bytes);
        var place = new ComponentNode(default, file, "merges");
        var table = new MergeTable(text.AsSpan().Count('\n') + 1);
        var rank = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var space = line.IndexOf(' ');
            if (line.IsEmpty || line.StartsWith("#version"))
            {
                continue;
            }

            if (space <= 0 || line[(space + 1)..].Contains(' '))
            {
                throw place.Fault($"entry {rank}: two tokens with a space between them are expected, not '{line}'");
            }

            BytePairReader.AddMerge(table, vocabulary, line[..space], line[(space + 1)..], rank++, options, place);
        }

        return table;
    }

    private static TokenizerParts AsClip(TokenizerParts parts) => parts with
    {
        Normalizer = new NormalizerSequence(
        [
            new UnicodeNormalizer(compatibility: false, compose: true),
            new FunctionNormalizer(text => Spaces.Replace(text, " ")),
            new FunctionNormalizer(CaseFolding.ToLower),
        ]),
        PreTokenizers =
        [
            new SplitPreTokenizer(RegexPattern.Create(ClipPattern, default), SplitBehavior.Removed, invert: true),
            new ByteLevelPreTokenizer(addPrefixSpace: false, useRegex: true),
        ],
        PostProcessors = [Surround(parts)],
    };

    private static TokenizerParts AsQwen(TokenizerParts parts) => parts with
    {
        Normalizer = new UnicodeNormalizer(compatibility: false, compose: true),
        PreTokenizers = [new SplitPreTokenizer(ScannerPattern.Known(ScannerPattern.Qwen)!, SplitBehavior.Isolated)],
    };

    private static TokenizerParts AsGpt2(TokenizerParts parts, string name, string folder)
    {
        var file = Path.Combine(folder, "tokenizer_config.json");
        var addsSpace = false;
        if (File.Exists(file))
        {
            using var document = JsonDocumentFile.Parse(file);
            addsSpace = new ComponentNode(document.RootElement, file, "$").Flag("add_prefix_space", otherwise: false);
        }

        var surrounds = name is "RobertaTokenizer" or "BartTokenizer";
        return parts with
        {
            PreTokenizers = [new ByteLevelPreTokenizer(addsSpace, useRegex: true)],
            PostProcessors = surrounds ? [Surround(parts)] : [],
        };
    }

    private static SurroundPostProcessor Surround(TokenizerParts parts)
    {
        int[] Id(string? token) => token is not null && parts.Model.Vocabulary.IdOf(token) is >= 0 and var id ? [id] : [];
        return new SurroundPostProcessor(Id(parts.Configuration.BeginOfText), Id(parts.Configuration.EndOfText));
    }
}
