using TrainMm.Core.Config;

namespace TrainMm.Data.Manifests.Rows.WebDataset;

/// <summary>Options of rows in WebDataset's tar shards: files of one key, side by side, are one row; the extension says what a file is.</summary>
public sealed class WebDatasetRowOptions
{
    /// <summary>The shards, not compressed, in order.</summary>
    [PathValue(PathRule.ExistingFile)]
    [NotEmpty]
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>The extension of the file that holds the caption. A row without one takes its text from its <c>.json</c>, by <c>columns</c>.</summary>
    [NotEmpty]
    public string Caption { get; init; } = "txt";

    /// <summary>What the <c>.json</c> calls its columns; those that hold one value and are not named here become attributes.</summary>
    public WebDatasetColumns Columns { get; init; } = new();

    /// <summary>Lets a row without media of a modality keep that modality's tag as text (for conversations and messages). Off: such a row is an error.</summary>
    public bool LiteralTags { get; init; }
}

/// <summary>The names of the columns of a row's <c>.json</c>. Of text, conversations and messages, at most one is given; the media are the row's files.</summary>
public sealed class WebDatasetColumns : IValidatable
{
    /// <summary>What is asked about the media; absent or empty: the media alone are the question.</summary>
    public string Prompt { get; init; } = "prompt";

    /// <summary>The caption or answer, where there is no file for it; null is <c>caption</c>.</summary>
    public string? Text { get; init; }

    /// <summary>A conversation in LLaVA's form.</summary>
    public string? Conversations { get; init; }

    /// <summary>A conversation of messages with role and content.</summary>
    public string? Messages { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        string?[] given = [Text, Conversations, Messages];
        if (given.Count(name => name is not null) > 1) checks.Error(nameof(Conversations), "give one of text, conversations and messages");
    }
}
