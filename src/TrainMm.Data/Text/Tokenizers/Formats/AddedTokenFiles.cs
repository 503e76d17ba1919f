using System.Globalization;

namespace TrainMm.Data.Text.Tokenizers.Formats;

/// <summary>The added tokens of a folder without <c>tokenizer.json</c>: <c>added_tokens_decoder</c>, else <c>added_tokens.json</c> and the tokens with a role.</summary>
internal static class AddedTokenFiles
{
    /// <summary>Reads them.</summary>
    /// <param name="folder">The tokenizer's folder.</param>
    /// <param name="configuration">The tokens with a role; they are special.</param>
    /// <param name="idOf">The id of a token in the vocabulary, or −1.</param>
    public static List<AddedToken> Read(string folder, TokenizerConfiguration configuration, Func<string, int> idOf)
    {
        var tokens = new Dictionary<string, AddedToken>(StringComparer.Ordinal);
        var added = Path.Combine(folder, "added_tokens.json");
        if (File.Exists(added))
        {
            using var document = JsonDocumentFile.Parse(added);
            var root = new ComponentNode(document.RootElement, added, "$");
            foreach (var entry in document.RootElement.EnumerateObject())
            {
                tokens[entry.Name] = Plain(root.Integer(entry.Name), entry.Name, special: false);
            }
        }

        foreach (var token in (ReadOnlySpan<string?>)[configuration.BeginOfText, configuration.EndOfText, configuration.Padding, configuration.Unknown])
        {
            var id = token is null ? -1 : tokens.TryGetValue(token, out var known) ? known.Id : idOf(token);
            if (id >= 0)
            {
                tokens[token!] = Plain(id, token!, special: true);
            }
        }

        foreach (var token in Decoder(Path.Combine(folder, "tokenizer_config.json")))
        {
            tokens[token.Content] = token;
        }

        return [.. tokens.Values.OrderBy(token => token.Id)];
    }

    private static List<AddedToken> Decoder(string file)
    {
        var tokens = new List<AddedToken>();
        if (!File.Exists(file))
        {
            return tokens;
        }

        using var document = JsonDocumentFile.Parse(file);
        var decoder = new ComponentNode(document.RootElement, file, "$").Child("added_tokens_decoder");
        if (decoder.IsAbsent)
        {
            return tokens;
        }

        foreach (var entry in decoder.Element.EnumerateObject())
        {
            var node = new ComponentNode(entry.Value, file, $"{decoder.Path}.{entry.Name}");
            tokens.Add(TokenizerJsonFormat.ReadAddedToken(
                node, int.TryParse(entry.Name, CultureInfo.InvariantCulture, out var id) ? id : throw node.Fault("an id is expected as the name here")));
        }

        return tokens;
    }

    private static AddedToken Plain(int id, string content, bool special) =>
        new(id, content, special, Normalized: !special, SingleWord: false, StripLeft: false, StripRight: false);
}
