using System.Text.Json;

namespace TrainMm.Data.Text.Tokenizers.Models;

/// <summary>Reads <c>tokenizer.json</c>'s <c>BPE</c> model.</summary>
internal static class BytePairReader
{
    /// <summary>Reads the model.</summary>
    public static BytePairModel Read(ComponentNode model)
    {
        var options = new BytePairOptions
        {
            UnknownToken = model.OptionalText("unk_token"),
            FuseUnknown = model.Flag("fuse_unk", otherwise: false),
            ByteFallback = model.Flag("byte_fallback", otherwise: false),
            IgnoreMerges = model.Flag("ignore_merges", otherwise: false),
            ContinuingSubwordPrefix = model.OptionalText("continuing_subword_prefix") ?? string.Empty,
            EndOfWordSuffix = model.OptionalText("end_of_word_suffix") ?? string.Empty,
        };
        if (!model.Child("dropout").IsAbsent && model.Child("dropout").Element.GetDouble() > 0)
        {
            throw model.Child("dropout").Fault("BPE dropout makes ids random and is not supported; set it to null");
        }

        var vocabulary = ReadVocabulary(model.Child("vocab"));
        var merges = model.Items("merges");
        var table = new MergeTable(merges.Count);
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = PairOf(merges[rank]);
            AddMerge(table, vocabulary, left, right, rank, options, merges[rank]);
        }

        return new BytePairModel(vocabulary, table, options);
    }

    /// <summary>Reads an object of token → id.</summary>
    public static Vocabulary ReadVocabulary(ComponentNode node)
    {
        if (node.Element.ValueKind != JsonValueKind.Object)
        {
            throw node.Fault("an object of token and id is expected here");
        }

        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in node.Element.EnumerateObject())
        {
            ids[entry.Name] = entry.Value.ValueKind == JsonValueKind.Number && entry.Value.TryGetInt32(out var id) && id >= 0
                ? id
                : throw node.Fault($"the id of token '{entry.Name}' is not a whole number from 0 on");
        }

        return new Vocabulary(ids);
    }

    /// <summary>Adds a merge by its spelling.</summary>
    public static void AddMerge(
        MergeTable table, Vocabulary vocabulary, ReadOnlySpan<char> left, ReadOnlySpan<char> right, int rank, BytePairOptions options, ComponentNode place)
    {
        var tail = right.StartsWith(options.ContinuingSubwordPrefix) ? right[options.ContinuingSubwordPrefix.Length..] : right;
        Span<char> joined = left.Length + tail.Length <= 256 ? stackalloc char[left.Length + tail.Length] : new char[left.Length + tail.Length];
        left.CopyTo(joined);
        tail.CopyTo(joined[left.Length..]);
        var product = vocabulary.IdOf(joined);
        var (leftId, rightId) = (vocabulary.IdOf(left), vocabulary.IdOf(right));
        if (leftId < 0 || rightId < 0 || product < 0)
        {
            var missing = leftId < 0 ? left : rightId < 0 ? right : joined;
            throw place.Fault($"the merge '{left} {right}' needs token '{missing}', which the vocabulary lacks");
        }

        table.Add(leftId, rightId, rank, product);
    }

    private static (string Left, string Right) PairOf(ComponentNode merge)
    {
        if (merge.Element.ValueKind == JsonValueKind.Array && merge.Element.GetArrayLength() == 2)
        {
            return (merge.Element[0].GetString()!, merge.Element[1].GetString()!);
        }

        var text = merge.Element.ValueKind == JsonValueKind.String ? merge.Element.GetString()! : string.Empty;
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 && space == text.LastIndexOf(' ')
            ? (text[..space], text[(space + 1)..])
            : throw merge.Fault("a merge is two tokens: \"left right\" or [\"left\", \"right\"]");
    }
}
