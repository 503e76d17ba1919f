using System.Security.Cryptography;
using TrainMm.Data.Text.Tokenizers.Decoders;
using TrainMm.Data.Text.Tokenizers.Models;
using TrainMm.Data.Text.Tokenizers.Normalizers;
using TrainMm.Data.Text.Tokenizers.PostProcessors;
using TrainMm.Data.Text.Tokenizers.PreTokenizers;

namespace TrainMm.Data.Text.Tokenizers.Formats;

/// <summary>Hugging Face's <c>tokenizer.json</c>, with <c>tokenizer_config.json</c> beside it.</summary>
internal sealed class TokenizerJsonFormat : ITokenizerFormat
{
    /// <inheritdoc/>
    public string FileName => "tokenizer.json";

    /// <inheritdoc/>
    public TokenizerParts Read(string file)
    {
        var bytes = JsonDocumentFile.ReadBytes(file);
        using var document = JsonDocumentFile.Parse(file, bytes);
        var root = new ComponentNode(document.RootElement, file, "$");
        var preTokenizers = PreTokenizerReader.Read(root.Child("pre_tokenizer"), out var mapsBytes);
        return new TokenizerParts
        {
            Model = WordModelReader.Read(root.Child("model")),
            Fingerprint = Convert.ToHexStringLower(SHA256.HashData(bytes)),
            Configuration = TokenizerConfiguration.Read(Path.GetDirectoryName(Path.GetFullPath(file))!),
            Normalizer = NormalizerReader.Read(root.Child("normalizer")),
            PreTokenizers = preTokenizers,
            MapsBytes = mapsBytes,
            PostProcessors = PostProcessorReader.Read(root.Child("post_processor")),
            Decoders = DecoderReader.Read(root.Child("decoder")),
            AddedTokens = root.Child("added_tokens").IsAbsent ? [] : [.. root.Items("added_tokens").Select(node => ReadAddedToken(node, node.Integer("id")))],
        };
    }

    /// <summary>Reads an added token.</summary>
    public static AddedToken ReadAddedToken(ComponentNode node, int id)
    {
        var special = node.Flag("special", otherwise: false);
        return new AddedToken(
            id,
            node.Text("content"),
            special,
            node.Flag("normalized", otherwise: !special),
            node.Flag("single_word", otherwise: false),
            node.Flag("lstrip", otherwise: false),
            node.Flag("rstrip", otherwise: false));
    }
}
