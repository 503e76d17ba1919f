namespace TrainMm.Data.Text.Tokenizers.Models;

/// <summary>Reads <c>tokenizer.json</c>'s <c>model</c>.</summary>
internal static class WordModelReader
{
    private static readonly Dictionary<string, Func<ComponentNode, IWordModel>> Known = new(StringComparer.Ordinal)
    {
        ["BPE"] = BytePairReader.Read,
        ["Unigram"] = UnigramReader.Read,
        ["WordPiece"] = WordPieceModel.Read,
    };

    /// <summary>Reads the model. Old files leave <c>type</c> out: merges then mean BPE.</summary>
    public static IWordModel Read(ComponentNode node)
    {
        var type = node.OptionalText("type") ?? (node.Child("merges").IsAbsent ? string.Empty : "BPE");
        return Known.TryGetValue(type, out var read) ? read(node) : throw node.UnknownType("model", [.. Known.Keys]);
    }
}
