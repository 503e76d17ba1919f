using System.Text.Json;
using TrainMm.Data.Manifests.Rows.Json;

namespace TrainMm.Data.Manifests.Rows.NextGpt;

/// <summary>One row's media that are to be made, handed out in the order in which its answers ask for them.</summary>
/// <param name="draft">The row, whose columns are attributes already.</param>
/// <param name="tags">The modalities, and their tags.</param>
/// <param name="folderOf">Modality → the folder of its files in the media store; null where files are not taken.</param>
internal sealed class NextGptSignals(RowDraft draft, IReadOnlyList<MediaTag> tags, Func<string, string>? folderOf)
{
    private readonly Dictionary<string, Queue<string>> captions = Columns(draft, tags, CaptionColumn);
    private readonly Dictionary<string, Queue<string>> files = folderOf is null ? [] : Columns(draft, tags, FileColumn);

    /// <summary>What a row calls a modality's captions.</summary>
    internal static string CaptionColumn(string modality) => $"{modality}_captions";

    /// <summary>What a row calls a modality's files.</summary>
    internal static string FileColumn(string modality) => $"output_{modality}";

    /// <summary>The turns, in whose answers signals stand in the places of tags.</summary>
    /// <exception cref="FormatException">Tags, captions and files do not agree.</exception>
    public IReadOnlyList<RawTurn> Put(IReadOnlyList<RawTurn> turns)
    {
        RawTurn[] put = [.. turns.Select((turn, i) => TurnBuilder.RoleOf(turn.From, i + 1) == Speaker.Assistant ? Put(turn, turn.Made ?? new MadeInTurn()) : turn)];
        foreach (var (columns, nameOf) in new[] { (captions, (Func<string, string>)CaptionColumn), (files, FileColumn) })
        {
            foreach (var (modality, left) in columns.Where(pair => pair.Value.Count > 0))
                throw new FormatException($"`{nameOf(modality)}` has {left.Count} more than the answers have `<{modality}>`");
        }

        return put;
    }

    private RawTurn Put(RawTurn turn, MadeInTurn made)
    {
        var own = new Queue<string>(made.Captions);
        var parts = turn.Parts.SelectMany(part => part is TextPart text ? Split(text.Text, own) : [part]).ToList();
        // The first published rows have no tag: the turn says beside its text what it makes, and that stands at its end.
        if (tags.FirstOrDefault(tag => tag.Modality == made.Modality) is { } announced && !parts.OfType<SignalPart>().Any(signal => signal.Modality == announced.Modality)) parts.Add(Next(announced, own));
        return turn with { Parts = parts };
    }

    /// <summary>An answer's text with signals in the places of its tags.</summary>
    private IEnumerable<Part> Split(string text, Queue<string> own)
    {
        while (text.Length > 0)
        {
            var tag = tags.Where(tag => text.Contains(tag.Tag, StringComparison.Ordinal)).MinBy(tag => text.IndexOf(tag.Tag, StringComparison.Ordinal));
            var end = tag is null ? text.Length : text.IndexOf(tag.Tag, StringComparison.Ordinal);
            if (end > 0) yield return new TextPart(text[..end]);
            if (tag is null) yield break;
            yield return Next(tag, own);
            text = text[(end + tag.Tag.Length)..];
        }
    }

    private SignalPart Next(MediaTag tag, Queue<string> own)
    {
        var modality = tag.Modality;
        string? caption = null;
        if (captions.TryGetValue(modality, out var listed))
        {
            if (!listed.TryDequeue(out caption)) throw new FormatException($"an answer has `{tag.Tag}`, and `{CaptionColumn(modality)}` no caption for it");
        }
        else
        {
            own.TryDequeue(out caption);
        }

        string? path = null;
        if (files.TryGetValue(modality, out var named) && !named.TryDequeue(out path)) throw new FormatException($"an answer has `{tag.Tag}`, and `{FileColumn(modality)}` no file for it");
        if (caption is null && path is null) throw new FormatException($"an answer has `{tag.Tag}`, and neither `{CaptionColumn(modality)}` nor the turn's `caption`{(folderOf is null ? "" : $" nor `{FileColumn(modality)}`")} says what is to be made");
        return new SignalPart(modality, caption ?? "", path is null ? null : new MediumReference(modality, MediaRoot.Join(folderOf!(modality), path)));
    }

    private static Dictionary<string, Queue<string>> Columns(RowDraft draft, IEnumerable<MediaTag> tags, Func<string, string> nameOf) => tags
        .Where(tag => draft.Attributes.ContainsKey(nameOf(tag.Modality)))
        .ToDictionary(tag => tag.Modality, tag => new Queue<string>(JsonSerializer.Deserialize<string[]>(draft.Attributes[nameOf(tag.Modality)])!), StringComparer.Ordinal);
}
