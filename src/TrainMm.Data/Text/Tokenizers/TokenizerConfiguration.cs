using System.Text.Json;

namespace TrainMm.Data.Text.Tokenizers;

/// <summary>What <c>tokenizer_config.json</c>, and <c>special_tokens_map.json</c> where it is silent, say about the tokens with a role.</summary>
/// <param name="BeginOfText"><c>bos_token</c>.</param>
/// <param name="EndOfText"><c>eos_token</c>.</param>
/// <param name="Padding"><c>pad_token</c>.</param>
/// <param name="Unknown"><c>unk_token</c>.</param>
/// <param name="AddBeginOfText"><c>add_bos_token</c>.</param>
/// <param name="AddEndOfText"><c>add_eos_token</c>.</param>
/// <param name="TokenizerClass"><c>tokenizer_class</c>, without the <c>Fast</c> at its end.</param>
internal sealed record TokenizerConfiguration(
    string? BeginOfText, string? EndOfText, string? Padding, string? Unknown, bool? AddBeginOfText, bool? AddEndOfText, string? TokenizerClass)
{
    /// <summary>Nothing said.</summary>
    public static TokenizerConfiguration Empty { get; } = new(null, null, null, null, null, null, null);

    /// <summary>Reads the two files of a folder; either may be missing.</summary>
    public static TokenizerConfiguration Read(string folder)
    {
        var read = Empty;
        foreach (var name in (ReadOnlySpan<string>)["tokenizer_config.json", "special_tokens_map.json"])
        {
            var file = Path.Combine(folder, name);
            if (!File.Exists(file))
            {
                continue;
            }

            using var document = JsonDocumentFile.Parse(file);
            var root = new ComponentNode(document.RootElement, file, "$");
            read = new TokenizerConfiguration(
                read.BeginOfText ?? Token(root.Child("bos_token")),
                read.EndOfText ?? Token(root.Child("eos_token")),
                read.Padding ?? Token(root.Child("pad_token")),
                read.Unknown ?? Token(root.Child("unk_token")),
                read.AddBeginOfText ?? Flag(root, "add_bos_token"),
                read.AddEndOfText ?? Flag(root, "add_eos_token"),
                read.TokenizerClass ?? root.OptionalText("tokenizer_class")?.Replace("Fast", string.Empty, StringComparison.Ordinal));
        }

        return read;
    }

    /// <summary>A token is a string, or an object with its <c>content</c>.</summary>
    private static string? Token(ComponentNode node) => node.Element.ValueKind switch
    {
        JsonValueKind.String => node.Element.GetString(),
        JsonValueKind.Object => node.Text("content"),
        _ => null,
    };

    private static bool? Flag(ComponentNode root, string name) => root.Child(name).IsAbsent ? null : root.Flag(name, otherwise: false);
}
