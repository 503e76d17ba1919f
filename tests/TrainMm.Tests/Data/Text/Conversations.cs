using TrainMm.Data;

namespace TrainMm.Tests.Data.Text;

/// <summary>Samples written short.</summary>
internal static class Conversations
{
    /// <summary>A conversation: user and assistant in turns; <c>&lt;image&gt;</c> and <c>&lt;audio&gt;</c> are media, a first line <c>system:</c> is the system's.</summary>
    public static Sample Of(params string[] turns)
    {
        var system = turns.Length > 0 && turns[0].StartsWith("system:", StringComparison.Ordinal) ? 1 : 0;
        return new Sample
        {
            Id = "7",
            Origin = "rows.jsonl:8",
            Turns = [.. turns.Select((turn, i) => i < system
                ? new Turn(Speaker.System, Parts(turn["system:".Length..]))
                : new Turn((i - system) % 2 == 0 ? Speaker.User : Speaker.Assistant, Parts(turn)))],
        };
    }

    /// <summary>A conversation of speakers as they come.</summary>
    public static Sample OfTurns(params (Speaker Speaker, string Text)[] turns) =>
        new() { Id = "7", Origin = "rows.jsonl:8", Turns = [.. turns.Select(turn => new Turn(turn.Speaker, Parts(turn.Text)))] };

    private static List<Part> Parts(string text)
    {
        var parts = new List<Part>();
        while (text.Length > 0)
        {
            var tag = new[] { "<image>", "<audio>" }.Select(tag => (Tag: tag, At: text.IndexOf(tag, StringComparison.Ordinal))).Where(tag => tag.At >= 0).OrderBy(tag => tag.At).FirstOrDefault();
            var end = tag.Tag is null ? text.Length : tag.At;
            if (end > 0) parts.Add(new TextPart(text[..end]));
            if (tag.Tag is null) break;
            parts.Add(new MediumPart(new MediumReference(tag.Tag.Trim('<', '>'), "medium.bin")));
            text = text[(end + tag.Tag.Length)..];
        }

        return parts;
    }
}
