using TrainMm.Data.Text.Tokenizers.Patterns;

namespace TrainMm.Data.Text.Tokenizers.Decoders;

/// <summary>Reads <c>tokenizer.json</c>'s <c>decoder</c>.</summary>
internal static class DecoderReader
{
    private static readonly Dictionary<string, Func<ComponentNode, IDecoder>> Known = new(StringComparer.Ordinal)
    {
        ["BPEDecoder"] = ReadBytePair,
        ["ByteFallback"] = _ => new ByteFallbackDecoder(),
        ["ByteLevel"] = _ => new ByteLevelDecoder(),
        ["Fuse"] = _ => new FuseDecoder(),
        ["Metaspace"] = ReadMetaspace,
        ["Replace"] = ReadReplace,
        ["Strip"] = ReadStrip,
        ["WordPiece"] = ReadWordPiece,
    };

    /// <summary>BERT's way: a space before each token that begins a word, and English punctuation drawn close where that is asked for.</summary>
    public static TokenwiseDecoder WordPiece(string prefix, bool cleanup) => new((token, index) =>
    {
        var text = index == 0 ? token : token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : $" {token}";
        return cleanup ? CleanUp(text) : text;
    });

    /// <summary>Reads the decoders in order; an absent component gives null.</summary>
    public static IDecoder[]? Read(ComponentNode node) => node.IsAbsent ? null : [.. Flatten(node).Select(ReadOne)];

    private static IEnumerable<ComponentNode> Flatten(ComponentNode node) =>
        node.Type == "Sequence" ? node.Items("decoders").SelectMany(Flatten) : [node];

    private static IDecoder ReadOne(ComponentNode node) =>
        Known.TryGetValue(node.Type, out var read) ? read(node) : throw node.UnknownType("decoder", ["Sequence", .. Known.Keys]);

    private static TokenwiseDecoder ReadReplace(ComponentNode node)
    {
        var pattern = TextPattern.Read(node.Child("pattern"));
        var content = node.Text("content");
        return new TokenwiseDecoder((token, _) => pattern.Replace(token, content));
    }

    private static TokenwiseDecoder ReadStrip(ComponentNode node)
    {
        var (content, start, stop) = (node.Character("content", ' '), node.Integer("start"), node.Integer("stop"));
        return new TokenwiseDecoder((token, _) =>
        {
            var from = 0;
            while (from < start && from < token.Length && token[from] == content)
            {
                from++;
            }

            var to = token.Length;
            while (token.Length - to < stop && to > from && token[to - 1] == content)
            {
                to--;
            }

            return token[from..to];
        });
    }

    private static TokenwiseDecoder ReadMetaspace(ComponentNode node)
    {
        var mark = node.Character("replacement", '▁');
        var prepends = node.OptionalText("prepend_scheme") is { } scheme ? scheme != "never" : node.Flag("add_prefix_space", otherwise: true);
        return new TokenwiseDecoder((token, index) =>
            (index == 0 && prepends && token.StartsWith(mark) ? token[1..] : token).Replace(mark, ' '));
    }

    private static BytePairSuffixDecoder ReadBytePair(ComponentNode node) => new(node.OptionalText("suffix") ?? "</w>");

    private static TokenwiseDecoder ReadWordPiece(ComponentNode node) =>
        WordPiece(node.OptionalText("prefix") ?? "##", node.Flag("cleanup", otherwise: true));

    private static string CleanUp(string text) => text
        .Replace(" .", ".", StringComparison.Ordinal).Replace(" ?", "?", StringComparison.Ordinal)
        .Replace(" !", "!", StringComparison.Ordinal).Replace(" ,", ",", StringComparison.Ordinal)
        .Replace(" ' ", "'", StringComparison.Ordinal).Replace(" n't", "n't", StringComparison.Ordinal)
        .Replace(" 'm", "'m", StringComparison.Ordinal).Replace(" do not", " don't", StringComparison.Ordinal)
        .Replace(" 's", "'s", StringComparison.Ordinal).Replace(" 've", "'ve", StringComparison.Ordinal)
        .Replace(" 're", "'re", StringComparison.Ordinal);
}

/// <summary>Turns the mark at the end of a word into a space, but for the last word's.</summary>
internal sealed class BytePairSuffixDecoder(string suffix) : IDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            tokens[i] = tokens[i].Replace(suffix, i + 1 == tokens.Count ? string.Empty : " ", StringComparison.Ordinal);
        }

        return tokens;
    }
}
