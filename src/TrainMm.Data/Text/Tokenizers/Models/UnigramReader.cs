using System.Globalization;
using System.Text.Json;

namespace TrainMm.Data.Text.Tokenizers.Models;

/// <summary>Reads <c>tokenizer.json</c>'s <c>Unigram</c> model.</summary>
internal static class UnigramReader
{
    /// <summary>Reads the model.</summary>
    public static UnigramModel Read(ComponentNode model)
    {
        var list = model.Array("vocab");
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var scores = new List<double>();
        foreach (var entry in list.Element.EnumerateArray())
        {
            var isPair = entry.ValueKind == JsonValueKind.Array && entry.GetArrayLength() == 2 && entry[1].ValueKind == JsonValueKind.Number;
            if (!isPair || !ids.TryAdd(entry[0].GetString()!, scores.Count))
            {
                throw list.Fault($"entry {scores.Count}: a piece and its score are expected here, and no piece twice");
            }

            scores.Add(entry[1].GetDouble());
        }

        var unknownId = model.Integer("unk_id");
        if ((uint)unknownId >= (uint)scores.Count)
        {
            throw model.Child("unk_id").Fault("a unigram model needs the id of its unknown piece");
        }

        var vocabulary = new Vocabulary(ids);
        var bytes = model.Flag("byte_fallback", otherwise: false) ? ByteIds(vocabulary) : null;
        return new UnigramModel(vocabulary, [.. scores], Enumerable.Range(0, scores.Count).Where(id => id != unknownId), unknownId, bytes, keepsSingle: false);
    }

    /// <summary>The ids of the pieces <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>; null unless all are there.</summary>
    public static int[]? ByteIds(Vocabulary vocabulary)
    {
        int[] ids = [.. Enumerable.Range(0, 256).Select(value => vocabulary.IdOf(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>")))];
        return ids.Contains(-1) ? null : ids;
    }
}
