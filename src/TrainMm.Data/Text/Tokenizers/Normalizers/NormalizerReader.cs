using System.Globalization;
using TrainMm.Data.Text.Tokenizers.Patterns;
using TrainMm.Data.Text.Tokenizers.SentencePiece;

namespace TrainMm.Data.Text.Tokenizers.Normalizers;

/// <summary>Reads <c>tokenizer.json</c>'s <c>normalizer</c>.</summary>
internal static class NormalizerReader
{
    private static readonly Dictionary<string, Func<ComponentNode, INormalizer>> Known = new(StringComparer.Ordinal)
    {
        ["BertNormalizer"] = ReadBert,
        ["ByteLevel"] = _ => new FunctionNormalizer(text => ByteAlphabet.Show(text)),
        ["Lowercase"] = _ => new FunctionNormalizer(CaseFolding.ToLower),
        ["NFC"] = _ => new UnicodeNormalizer(compatibility: false, compose: true),
        ["NFD"] = _ => new UnicodeNormalizer(compatibility: false, compose: false),
        ["NFKC"] = _ => new UnicodeNormalizer(compatibility: true, compose: true),
        ["NFKD"] = _ => new UnicodeNormalizer(compatibility: true, compose: false),
        ["Precompiled"] = ReadPrecompiled,
        ["Prepend"] = node => new PrependNormalizer(node.Text("prepend")),
        ["Replace"] = ReadReplace,
        ["Sequence"] = node => new NormalizerSequence([.. node.Items("normalizers").Select(ReadOne)]),
        ["Strip"] = ReadStrip,
        ["StripAccents"] = _ => new FunctionNormalizer(RemoveMarks),
    };

    /// <summary>Reads the normaliser; an absent component gives null.</summary>
    public static INormalizer? Read(ComponentNode node) => node.IsAbsent ? null : ReadOne(node);

    private static INormalizer ReadOne(ComponentNode node) =>
        Known.TryGetValue(node.Type, out var read) ? read(node) : throw node.UnknownType("normalizer", [.. Known.Keys]);

    private static FunctionNormalizer ReadPrecompiled(ComponentNode node)
    {
        var blob = node.Child("precompiled_charsmap");
        try
        {
            return new FunctionNormalizer(new CharacterMap(blob.Element.GetBytesFromBase64()).ReplaceClusters);
        }
        catch (Exception fault) when (fault is FormatException or InvalidDataException or InvalidOperationException)
        {
            throw blob.Fault("a SentencePiece character map in base 64 is expected here", fault);
        }
    }

    private static FunctionNormalizer ReadReplace(ComponentNode node)
    {
        var content = node.Text("content");
        var pattern = TextPattern.Read(node.Child("pattern"));
        return new FunctionNormalizer(text => pattern.Replace(text, content));
    }

    private static FunctionNormalizer ReadStrip(ComponentNode node)
    {
        var (left, right) = (node.Flag("strip_left", otherwise: true), node.Flag("strip_right", otherwise: true));
        return new FunctionNormalizer(text => (left, right) switch
        {
            (true, true) => text.Trim(),
            (true, false) => text.TrimStart(),
            (false, true) => text.TrimEnd(),
            _ => text,
        });
    }

    private static BertNormalizer ReadBert(ComponentNode node)
    {
        var lowercase = node.Flag("lowercase", otherwise: true);
        return new BertNormalizer(
            node.Flag("clean_text", otherwise: true),
            node.Flag("handle_chinese_chars", otherwise: true),
            node.Flag("strip_accents", otherwise: lowercase),
            lowercase);
    }

    /// <summary>Leaves out marks without decomposing first: the file puts NFD before this where it wants that.</summary>
    private static string RemoveMarks(string text) => string.Concat(text.EnumerateRunes()
        .Where(rune => System.Text.Rune.GetUnicodeCategory(rune)
            is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark))
        .Select(rune => rune.ToString()));
}
