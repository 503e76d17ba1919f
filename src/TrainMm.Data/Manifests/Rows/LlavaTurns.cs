using TrainMm.Core.Config;
using TrainMm.Data.Manifests.Stores;

namespace TrainMm.Data.Manifests.Rows;

/// <summary>A turn as the row has it.</summary>
internal readonly record struct RawTurn(string From, string Value);

/// <summary>Checks that a row's turns make a conversation, and puts its pictures in the places of its tags.</summary>
internal sealed class LlavaTurns(LlavaRowOptions options)
{
    private const string Tag = "<image>";

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
    internal IReadOnlyList<Turn> Build(List<RawTurn> raw, List<string> images)
    {
        var tags = raw.Sum(turn => Count(turn.Value));
        var literal = images.Count == 0 && options.LiteralTags;
        if (tags != images.Count && !literal) throw new FormatException(Mismatch(tags, images.Count));
        if (images.Find(path => MediumPath.Normalise(path) is null) is { } outside) throw new FormatException($"the picture's path '{outside}' is empty, absolute or leads out of the media store");

        var turns = new List<Turn>(raw.Count);
        var next = 0;
        foreach (var (from, value) in raw)
        {
            var speaker = RoleOf(from, turns.Count + 1);
            CheckOrder(turns, speaker);
            if (speaker == Speaker.Assistant && string.IsNullOrWhiteSpace(value)) throw new FormatException($"turn {turns.Count + 1}: the answer is empty");
            turns.Add(new Turn(speaker, literal ? [new TextPart(value)] : Split(value, images, ref next)));
        }

        if (turns.Count == 0 || turns[^1].Speaker != Speaker.Assistant) throw new FormatException(turns.Count == 0 ? "it has no turns" : "its last turn is not an answer");
        return turns;
    }

    private static string Mismatch(int tags, int images) => (tags, images) switch
    {
        (0, 1) => "it has a picture, and no `<image>` says where it stands",
        (_, 0) => $"it has `<image>` {Times(tags)}, and no picture",
        _ => $"it has {images} picture{(images == 1 ? "" : "s")}, and `<image>` {Times(tags)}",
    };

    private static string Times(int count) => count switch { 0 => "nowhere", 1 => "once", 2 => "twice", _ => $"{count} times" };

    private static Speaker RoleOf(string from, int number) => Roles.TryGetValue(from, out var speaker)
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

    private static int Count(string text)
    {
        var count = 0;
        for (var at = text.IndexOf(Tag, StringComparison.Ordinal); at >= 0; at = text.IndexOf(Tag, at + Tag.Length, StringComparison.Ordinal)) count++;
        return count;
    }

    private static List<Part> Split(string text, List<string> images, ref int next)
    {
        var parts = new List<Part>();
        var start = 0;
        for (var at = text.IndexOf(Tag, StringComparison.Ordinal); at >= 0; at = text.IndexOf(Tag, start, StringComparison.Ordinal))
        {
            if (at > start) parts.Add(new TextPart(text[start..at]));
            parts.Add(new MediumPart(new MediumReference("image", images[next++])));
            start = at + Tag.Length;
        }

        if (start < text.Length || parts.Count == 0) parts.Add(new TextPart(text[start..]));
        return parts;
    }
}
