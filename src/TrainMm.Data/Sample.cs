namespace TrainMm.Data;

/// <summary>Who speaks in a turn.</summary>
public enum Speaker
{
    /// <summary>The system prompt.</summary>
    System,

    /// <summary>The user (LLaVA's <c>human</c>).</summary>
    User,

    /// <summary>The assistant (LLaVA's <c>gpt</c>): what is trained on.</summary>
    Assistant,
}

/// <summary>A piece of a turn: text, the place of a medium, or that of one to be made.</summary>
public abstract record Part;

/// <summary>Text as the row has it, unescaped, without media tags.</summary>
public sealed record TextPart(string Text) : Part;

/// <summary>The place of a medium in a turn.</summary>
/// <param name="Medium">Which medium.</param>
public sealed record MediumPart(MediumReference Medium) : Part;

/// <summary>The place in an answer where a medium is to be made, for which the language model's signal tokens stand.</summary>
/// <param name="Modality"><c>audio</c>, <c>image</c> or <c>video</c>.</param>
/// <param name="Caption">What it shows; empty where the row does not say.</param>
/// <param name="Target">The medium itself, where the row names it.</param>
public sealed record SignalPart(string Modality, string Caption, MediumReference? Target = null) : Part;

/// <summary>A medium by the name its manifest's store knows it by.</summary>
/// <param name="Modality"><c>image</c>, <c>video</c>, <c>audio</c> or <c>points</c>.</param>
/// <param name="Path">The path in the manifest's media store: below a folder, or an entry of an archive.</param>
/// <param name="Part">Which data set of a mixture has it; 0 outside a mixture.</param>
public sealed record MediumReference(string Modality, string Path, int Part = 0);

/// <summary>What one speaker says.</summary>
public sealed record Turn(Speaker Speaker, IReadOnlyList<Part> Parts)
{
    /// <summary>Tokens that a task has made of the answer (<see cref="Text.Tasks.ITextTask"/>): in a question they stand behind its parts, in an answer in their place. null: none has.</summary>
    public IReadOnlyList<int>? Tokens { get; init; }
}

/// <summary>One row of a manifest, read and checked, nothing decoded yet.</summary>
public sealed record Sample
{
    /// <summary>The row's own id, or its ordinal where it has none.</summary>
    public required string Id { get; init; }

    /// <summary>Where the row stands: <c>file:line</c>.</summary>
    public required string Origin { get; init; }

    /// <summary>Which data set of a mixture it is of; 0 outside a mixture.</summary>
    public int Part { get; init; }

    /// <summary>Its place among the samples of its data set, by which what is drawn for it is keyed.</summary>
    public int Row { get; init; }

    /// <summary>The pass over the training set that it is read in; 0 outside training.</summary>
    public long Epoch { get; init; }

    /// <summary>The conversation, in order.</summary>
    public required IReadOnlyList<Turn> Turns { get; init; }

    /// <summary>The row's other scalar columns (say <c>type</c>, <c>split</c>, <c>source</c>), by name.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The conversation as text alone: its media are left out, and with them the places that they would take.</summary>
    public Sample WithoutMedia() => this with { Turns = [.. Turns.Select(turn => turn with { Parts = [.. turn.Parts.Where(part => part is not MediumPart)] })] };

    /// <summary>What the answers make, in the order of the turns.</summary>
    public IEnumerable<SignalPart> Made => Turns.SelectMany(turn => turn.Parts).OfType<SignalPart>();

    /// <summary>The media that the answers make, where the row names them.</summary>
    public IEnumerable<MediumReference> Targets => Made.Select(part => part.Target).OfType<MediumReference>();

    /// <summary>The media in the order in which the turns name them.</summary>
    public IEnumerable<MediumReference> Media => Turns.SelectMany(turn => turn.Parts).OfType<MediumPart>().Select(part => part.Medium);
}
