using TrainMm.Data.Text.Tokenizers.Patterns;

namespace TrainMm.Data.Text.Tokenizers.PreTokenizers;

/// <summary>Reads <c>tokenizer.json</c>'s <c>pre_tokenizer</c>.</summary>
internal static class PreTokenizerReader
{
    private static readonly Dictionary<string, Func<ComponentNode, IPreTokenizer>> Known = new(StringComparer.Ordinal)
    {
        ["BertPreTokenizer"] = _ => Sequence(
            new SplitPreTokenizer(new CharacterPattern(CharacterClasses.IsSpace), SplitBehavior.Removed),
            new SplitPreTokenizer(new CharacterPattern(CharacterClasses.IsPunctuation), SplitBehavior.Isolated)),
        ["ByteLevel"] = node => new ByteLevelPreTokenizer(node.Flag("add_prefix_space", otherwise: true), node.Flag("use_regex", otherwise: true)),
        ["CharDelimiterSplit"] = node => new SplitPreTokenizer(new LiteralPattern(node.Character("delimiter", ' ').ToString()), SplitBehavior.Removed),
        ["Digits"] = node => new SplitPreTokenizer(
            new CharacterPattern(CharacterClasses.IsNumber), node.Flag("individual_digits", otherwise: false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous),
        ["Metaspace"] = ReadMetaspace,
        ["Punctuation"] = node => new SplitPreTokenizer(new CharacterPattern(CharacterClasses.IsPunctuation), Behavior(node, SplitBehavior.Isolated)),
        ["Split"] = node => new SplitPreTokenizer(
            TextPattern.Read(node.Child("pattern")), Behavior(node, otherwise: null), node.Flag("invert", otherwise: false)),
        ["Whitespace"] = node => new SplitPreTokenizer(RegexPattern.Create(@"\w+|[^\w\s]+", node), SplitBehavior.Removed, invert: true),
        ["WhitespaceSplit"] = _ => new SplitPreTokenizer(new CharacterPattern(CharacterClasses.IsSpace), SplitBehavior.Removed),
    };

    /// <summary>Reads the pre-tokenisers in order.</summary>
    /// <param name="node">The component; absent for none.</param>
    /// <param name="mapsBytes">Whether the words are then to be shown byte by byte.</param>
    public static IPreTokenizer[] Read(ComponentNode node, out bool mapsBytes)
    {
        var steps = new List<IPreTokenizer>();
        mapsBytes = false;
        foreach (var step in Flatten(node))
        {
            if (mapsBytes)
            {
                steps.Add(new ByteAlphabetPreTokenizer());
            }

            var read = Known.GetValueOrDefault(step.Type) ?? throw step.UnknownType("pre-tokenizer", ["Sequence", .. Known.Keys]);
            if (read(step) is not ByteLevelPreTokenizer { LeavesTextAlone: true } and var made)
            {
                steps.Add(made);
            }

            mapsBytes = step.Type == "ByteLevel";
        }

        return [.. steps];
    }

    private static IEnumerable<ComponentNode> Flatten(ComponentNode node) => node.IsAbsent
        ? []
        : node.Type == "Sequence" ? node.Items("pretokenizers").SelectMany(Flatten) : [node];

    private static PreTokenizerSequence Sequence(params IPreTokenizer[] steps) => new(steps);

    private static SplitBehavior Behavior(ComponentNode node, SplitBehavior? otherwise)
    {
        var name = node.OptionalText("behavior");
        return name is null && otherwise is { } known ? known
            : Enum.TryParse<SplitBehavior>(name, out var behavior) ? behavior
            : throw node.Child("behavior").Fault($"unknown behaviour '{name}'; known are {string.Join(", ", Enum.GetNames<SplitBehavior>())}");
    }

    private static MetaspacePreTokenizer ReadMetaspace(ComponentNode node)
    {
        var scheme = node.OptionalText("prepend_scheme") switch
        {
            null => node.Flag("add_prefix_space", otherwise: true) ? PrependScheme.Always : PrependScheme.Never,
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            var other => throw node.Child("prepend_scheme").Fault($"unknown scheme '{other}'; known are always, first, never"),
        };
        return new MetaspacePreTokenizer(node.Character("replacement", '▁'), scheme, node.Flag("split", otherwise: true));
    }
}
