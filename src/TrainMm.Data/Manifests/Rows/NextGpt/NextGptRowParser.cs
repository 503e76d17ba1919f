using System.Text.Encodings.Web;
using System.Text.Json;
using TrainMm.Data.Manifests.Rows.Json;

namespace TrainMm.Data.Manifests.Rows.NextGpt;

/// <summary>
/// One row in NExT-GPT's form: <c>input_image</c>, <c>input_video</c>, <c>input_audio</c> are matched to the tags of the questions.
/// <c>output_image</c>, <c>image_captions</c>, <c>image_caption_embeddings</c> and the like become attributes, a JSON list each, and the tags of the answers stay text, or become signals (<see cref="NextGptSignals"/>).
/// </summary>
internal sealed class NextGptRowParser(NextGptRowOptions options) : JsonRowParser
{
    private static readonly MediaTag[] Tags = [MediaTag.Image, MediaTag.Video, MediaTag.Audio];
    private static readonly JsonColumn Id = new("id");
    private static readonly JsonColumn Conversations = new("conversations");
    private static readonly JsonColumn Caption = new("caption");
    private static readonly JsonColumn OutputModality = new("output_modality");
    private static readonly (string Modality, JsonColumn Column)[] Inputs = [.. Tags.Select(tag => (tag.Modality, new JsonColumn($"input_{tag.Modality}")))];
    private static readonly (string Name, JsonColumn Column)[] Outputs =
        [.. Tags.SelectMany(tag => new[] { NextGptSignals.FileColumn(tag.Modality), NextGptSignals.CaptionColumn(tag.Modality), $"{tag.Modality}_caption_embeddings" }).Select(name => (name, new JsonColumn(name)))];

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TurnBuilder turns = new(Tags, literalTags: false);

    /// <inheritdoc/>
    internal override bool ReadColumn(ref Utf8JsonReader reader, RowDraft draft)
    {
        if (Id.IsAt(ref reader)) draft.Id = Id.ReadId(ref reader);
        else if (Conversations.IsAt(ref reader)) draft.Turns = Conversations.ReadTurns(ref reader, ReadTurn);
        else return ReadInput(ref reader, draft) || ReadOutput(ref reader, draft);
        return true;
    }

    /// <inheritdoc/>
    internal override IReadOnlyList<Turn> Finish(RowDraft draft)
    {
        var list = draft.Turns ?? throw Conversations.Missing();
        for (var i = 0; i < list.Count; i++)
        {
            if (TurnBuilder.RoleOf(list[i].From, i + 1) == Speaker.Assistant) list[i] = list[i] with { IsTagged = false };
        }

        if (options.Outputs == NextGptOutputs.Text) return turns.Build(list, draft);
        return turns.Build([.. new NextGptSignals(draft, Tags, options.OutputFiles ? FolderOf : null).Put(list)], draft);
    }

    private static RawTurn ReadTurn(ref Utf8JsonReader reader, int number)
    {
        var made = new MadeInTurn();
        var turn = FromAndValue.Read(ref reader, number, (ref Utf8JsonReader each) =>
        {
            if (Caption.IsAt(ref each)) made = made with { Captions = Caption.ReadTexts(ref each) };
            else if (OutputModality.IsAt(ref each)) made = made with { Modality = OutputModality.ReadText(ref each) };
            else return false;
            return true;
        });
        return turn with { Made = made };
    }

    private string FolderOf(string modality) => modality switch { "image" => options.ImageFolder, "video" => options.VideoFolder, _ => options.AudioFolder };

    private bool ReadInput(ref Utf8JsonReader reader, RowDraft draft)
    {
        foreach (var (modality, column) in Inputs)
        {
            if (!column.IsAt(ref reader)) continue;
            draft.SetMedia(modality, [.. column.ReadPaths(ref reader).Select(path => MediaRoot.Join(FolderOf(modality), path))]);
            return true;
        }

        return false;
    }

    private static bool ReadOutput(ref Utf8JsonReader reader, RowDraft draft)
    {
        foreach (var (name, column) in Outputs)
        {
            if (!column.IsAt(ref reader)) continue;
            draft.Attributes[name] = JsonSerializer.Serialize(column.ReadPaths(ref reader), Plain);
            return true;
        }

        return false;
    }
}
