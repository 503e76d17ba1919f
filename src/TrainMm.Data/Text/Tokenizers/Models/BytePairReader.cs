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
        var merges = model.Array("merges");
        var table = new MergeTable(merges.Element.GetArrayLength());
        var rank = 0;
        foreach (var merge in merges.Element.EnumerateArray())
        {
            var (left, right) = PairOf(merge, rank, merges);
            AddMerge(table, vocabulary, left, right, rank++, options, merges);
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

    /// <summary>Adds a merge by its spelling; <paramref name="list"/> is where it is the entry number <paramref name="rank"/>.</summary>
    public static void AddMerge(
        MergeTable table, Vocabulary vocabulary, ReadOnlySpan<char> left, ReadOnlySpan<char> right, int rank, BytePairOptions options, ComponentNode list)
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
            throw list.Fault($"entry {rank}: the merge '{left} {right}' needs token '{missing}', which the vocabulary lacks");
        }

        table.Add(leftId, rightId, rank, product);
    }

    private static (string Left, string Right) PairOf(JsonElement merge, int rank, ComponentNode list)
    {
        if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2)
        {
            return (merge[0].GetString()!, merge[1].GetString()!);
        }

        var text = merge.ValueKind == JsonValueKind.String ? merge.GetString()! : string.Empty;
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 && space == text.LastIndexOf(' ')
            ? (text[..space], text[(space + 1)..])
            : throw list.Fault($"entry {rank}: a merge is two tokens: \"left right\" or [\"left\", \"right\"]");
    }
}
