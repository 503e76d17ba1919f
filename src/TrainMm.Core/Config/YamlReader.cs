using TrainMm.Core.Diagnostics;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace TrainMm.Core.Config;

/// <summary>
/// Reads YAML into nodes that know their places. Only what a configuration needs is read: no tags, no anchors or aliases,
/// one document, limited depth; so a file can neither name a type nor grow when it is read.
/// </summary>
internal sealed class YamlReader
{
    private const int MaximumDepth = 64;

    private readonly Parser parser;
    private readonly string text;
    private readonly Func<Mark, SourcePlace> placeOf;
    private readonly List<Diagnostic> problems;

    private YamlReader(string text, Func<Mark, SourcePlace> placeOf, List<Diagnostic> problems)
    {
        this.text = text;
        this.placeOf = placeOf;
        this.problems = problems;
        parser = new Parser(new StringReader(text));
    }

    /// <summary>Reads a file's text. Duplicate keys are added to the problems and the first one kept.</summary>
    /// <returns>The document's root, or null where the text is no YAML that is read here (the problem is added).</returns>
    public static ConfigNode? ReadFile(string text, string file, List<Diagnostic> problems) =>
        new YamlReader(text, mark => new SourcePlace(file, (int)mark.Line, (int)mark.Column), problems).Read();

    /// <summary>Reads the value of an override; all of it has the override's place.</summary>
    /// <returns>The value, or null where it is no YAML that is read here (the problem is added).</returns>
    public static ConfigNode? ReadValue(string text, SourcePlace place, List<Diagnostic> problems) =>
        new YamlReader(text, _ => place, problems).Read();

    private ConfigNode? Read()
    {
        try
        {
            parser.Consume<StreamStart>();
            if (parser.TryConsume<StreamEnd>(out var end)) return new ConfigScalar("", isQuoted: false, placeOf(end.Start));
            parser.Consume<DocumentStart>();
            var root = ReadNode(depth: 0);
            parser.Consume<DocumentEnd>();
            if (parser.TryConsume<DocumentStart>(out var second)) throw Refused(second, "only one YAML document is read", "remove the '---' line and what follows it");
            return root;
        }
        catch (RefusedYamlException refused)
        {
            problems.Add(placeOf(refused.Start).Error(refused.Message, refused.Hint));
            return null;
        }
        catch (YamlException exception)
        {
            problems.Add(placeOf(exception.Start).Error(Sentence(exception.Message), SyntaxHint()));
            return null;
        }
        catch (InvalidOperationException)
        {
            // YamlDotNet's scanner ends so on some brackets that are left open.
            problems.Add(placeOf(parser.Current?.End ?? Mark.Empty).Error("not valid YAML after this", SyntaxHint()));
            return null;
        }
    }

    private ConfigNode ReadNode(int depth)
    {
        var start = parser.Require<ParsingEvent>();
        if (depth > MaximumDepth) throw Refused(start, $"nested more than {MaximumDepth} deep", null);
        if (start is AnchorAlias || start is NodeEvent { Anchor.IsEmpty: false })
            throw Refused(start, "anchors and aliases are not read", "write the value out, or share it with 'extends:'");
        if (start is NodeEvent { Tag.IsEmpty: false, Tag.IsNonSpecific: false }) throw Refused(start, "tags are not read", "an option's type is fixed by the option; remove the '!...'");
        return start switch
        {
            SequenceStart => ReadList(depth),
            MappingStart => ReadMapping(depth),
            _ => ReadScalar(),
        };
    }

    private ConfigScalar ReadScalar()
    {
        var scalar = parser.Consume<Scalar>();
        return new ConfigScalar(scalar.Value, scalar.Style != ScalarStyle.Plain, placeOf(scalar.Start));
    }

    private ConfigList ReadList(int depth)
    {
        var place = placeOf(parser.Consume<SequenceStart>().Start);
        var items = new List<ConfigNode>();
        while (!parser.TryConsume<SequenceEnd>(out _)) items.Add(ReadNode(depth + 1));
        return new ConfigList(items, place);
    }

    private ConfigMapping ReadMapping(int depth)
    {
        var place = placeOf(parser.Consume<MappingStart>().Start);
        var entries = new OrderedDictionary<string, ConfigEntry>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var start = parser.Current!;
            if (ReadNode(depth + 1) is not ConfigScalar key) throw Refused(start, "a key must be a single word", null);
            var entry = new ConfigEntry(key.Text, key.Place, ReadNode(depth + 1));
            if (!entries.TryAdd(key.Text, entry))
                problems.Add(key.Place.Error($"'{key.Text}' is written twice", $"the first is at {entries[key.Text].KeyPlace}"));
        }

        return new ConfigMapping([.. entries.Values], place);
    }

    /// <summary>YAML's own messages seldom name the mistakes that are usual.</summary>
    private string SyntaxHint()
    {
        var lines = text.Split('\n');
        var tab = Array.FindIndex(lines, line => line[..(line.Length - line.TrimStart().Length)].Contains('\t', StringComparison.Ordinal));
        return tab >= 0
            ? $"line {tab + 1} is indented with a tab; YAML wants spaces"
            : "is a ':' with a space after it missing, a quote or bracket left open, or a line indented differently from its neighbours?";
    }

    private static string Sentence(string message) => $"not valid YAML: {char.ToLowerInvariant(message[0])}{message[1..].TrimEnd('.')}";

    private static RefusedYamlException Refused(ParsingEvent at, string message, string? hint) => new(at.Start, at.End, message, hint);

    private sealed class RefusedYamlException(Mark start, Mark end, string message, string? hint) : YamlException(start, end, message)
    {
        public string? Hint { get; } = hint;
    }
}
