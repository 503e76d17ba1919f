using TrainMm.Core.Config;
using TrainMm.Data.Manifests.Stores;

namespace TrainMm.Data.Manifests.Rows.Json;

/// <summary>A turn as the row has it.</summary>
/// <param name="From">The role's name.</param>
/// <param name="Parts">Text and media in order.</param>
/// <param name="IsTagged">Whether tags in its text stand for media; a turn that came in parts has its media in parts, and its text is only text.</param>
internal readonly record struct RawTurn(string From, IReadOnlyList<Part> Parts, bool IsTagged)
{
    internal RawTurn(string from, string value)
        : this(from, [new TextPart(value)], IsTagged: true)
    {
    }

    /// <summary>What the turn says beside its text of the media that it makes; null where the format has no such keys.</summary>
    internal MadeInTurn? Made { get; init; }
}

/// <summary>What a turn says beside its text of the media that it makes.</summary>
internal sealed record MadeInTurn
{
    /// <summary>Their modality; null where the turn does not say.</summary>
    public string? Modality { get; init; }

    /// <summary>Their captions, in order.</summary>
    public IReadOnlyList<string> Captions { get; init; } = [];
}

/// <summary>The place of a medium whose path stands in one of the row's columns.</summary>
internal sealed record PendingMedium(string Modality) : Part;

/// <summary>How one modality's media stand in text.</summary>
/// <param name="Modality">The modality.</param>
/// <param name="Tag">What stands in the text.</param>
internal sealed record MediaTag(string Modality, string Tag)
{
    internal static readonly MediaTag Image = new("image", "<image>");
    internal static readonly MediaTag Video = new("video", "<video>");
    internal static readonly MediaTag Audio = new("audio", "<audio>");
    internal static readonly MediaTag Points = new("points", "<points>");
    internal static readonly MediaTag Imu = new("imu", "<imu>");

    /// <summary>One of them, in words for the user.</summary>
    internal string Noun => Modality switch { "image" => "picture", "audio" => "recording", "points" => "point cloud", "imu" => "motion recording", _ => Modality };
}

/// <summary>Checks that a row's turns make a conversation, and puts its media in the places of their tags.</summary>
/// <param name="tags">The modalities that rows may name, and their tags.</param>
/// <param name="literalTags">Whether a tag stays text in a row without media of its modality.</param>
internal sealed class TurnBuilder(IReadOnlyList<MediaTag> tags, bool literalTags)
{
    private static readonly Dictionary<string, Speaker> Roles = new(StringComparer.Ordinal)
    {
        ["human"] = Speaker.User,
        ["user"] = Speaker.User,
        ["gpt"] = Speaker.Assistant,
        ["assistant"] = Speaker.Assistant,
        ["system"] = Speaker.System,
    };

    /// <summary>Builds the turns.</summary>
    /// <exception cref="FormatException">What is wrong with the row.</exception>
    internal IReadOnlyList<Turn> Build(List<RawTurn> raw, RowDraft row)
    {
        var media = new MediaQueue(tags, row);
        media.Match(raw, literalTags);
        var turns = new List<Turn>(raw.Count);
        foreach (var turn in raw)
        {
            var speaker = RoleOf(turn.From, turns.Count + 1);
            CheckOrder(turns, speaker);
            if (speaker == Speaker.Assistant && turn.Parts.All(part => part is TextPart text && string.IsNullOrWhiteSpace(text.Text)))
                throw new FormatException($"turn {turns.Count + 1}: the answer is empty");
            turns.Add(new Turn(speaker, media.Place(turn)));
        }

        if (turns.Count == 0 || turns[^1].Speaker != Speaker.Assistant) throw new FormatException(turns.Count == 0 ? "it has no turns" : "its last turn is not an answer");
        foreach (var medium in turns.SelectMany(turn => turn.Parts).OfType<MediumPart>()) CheckPath(medium.Medium);
        foreach (var signal in turns.SelectMany(turn => turn.Parts).OfType<SignalPart>()) if (signal.Target is { } target) CheckPath(target);
        return turns;
    }

    /// <summary>The speaker that a role's name means.</summary>
    internal static Speaker RoleOf(string from, int number) => Roles.TryGetValue(from, out var speaker)
        ? speaker
        : throw new FormatException($"turn {number}: the role '{from}' is unknown; {Spelling.Hint(from, Roles.Keys, "known roles")}");

    private static void CheckOrder(List<Turn> turns, Speaker speaker)
    {
        var number = turns.Count + 1;
        if (speaker == Speaker.System && number > 1) throw new FormatException($"turn {number}: a system prompt can only come first");
        var before = turns.Count == 0 ? Speaker.System : turns[^1].Speaker;
        if (speaker == Speaker.Assistant && before != Speaker.User) throw new FormatException($"turn {number} is an answer without a question before it");
        if (speaker == Speaker.User && before == Speaker.User) throw new FormatException($"turn {number} is a question, as is the turn before it");
    }

    private void CheckPath(MediumReference medium)
    {
        var noun = tags.First(tag => tag.Modality == medium.Modality).Noun;
        var scheme = medium.Path.IndexOf("://", StringComparison.Ordinal) is > 0 and < 10;
        if (scheme) throw new FormatException($"the {noun} '{Shorten(medium.Path)}' is an address; nothing is fetched: store the file and name its path in the media store");
        if (medium.Path.StartsWith("data:", StringComparison.Ordinal)) throw new FormatException($"the {noun} '{Shorten(medium.Path)}' lies in the row; store it as a file and name its path in the media store");
        if (MediumPath.Normalise(medium.Path) is null) throw new FormatException($"the {noun}'s path '{medium.Path}' is empty, absolute or leads out of the media store");
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : $"{text[..50]}…";
}
