using TrainMm.Core.Config;

namespace TrainMm.Training.Evaluation;

/// <summary>What is measured on data that the run does not train on.</summary>
public sealed class EvaluationOptions
{
    /// <summary>Steps between held-out evaluations during training, on data.validation; 0: only at the end.</summary>
    [AtLeast(0)]
    public long EverySteps { get; init; } = 100;

    /// <summary>Validation samples of each of them, spread evenly over the set.</summary>
    [AtLeast(1)]
    public int Samples { get; init; } = 256;

    /// <summary>Samples that go through the model at once.</summary>
    [AtLeast(1)]
    public int BatchSize { get; init; } = 64;

    /// <summary>Manifests of <c>trainmm eval</c>. Rows are told apart by their split column, or by the manifest's name where they have none.</summary>
    [PathValue(PathRule.ExistingFile)]
    public IReadOnlyList<string> Manifests { get; init; } = [];

    /// <summary>Most samples per split for the loss, spread evenly over the split; null: all.</summary>
    [AtLeast(1)]
    public int? MaxSamples { get; init; }

    /// <summary>Whether the model tells a medium's text from other texts of the split; null: not measured.</summary>
    public RetrievalOptions? Retrieval { get; init; }

    /// <summary>Whether answers are exact; null: not measured.</summary>
    public ExactAnswerOptions? ExactAnswer { get; init; }

    /// <summary>How well the pictures that answers make fit their captions; null: not measured.</summary>
    public ClipScoreOptions? ClipScore { get; init; }

    /// <summary>Answers that the model writes for the report.</summary>
    public GeneratedSamplesOptions Generate { get; init; } = new();
}

/// <summary>Retrieval: which of several texts of a split belongs to a medium.</summary>
public sealed class RetrievalOptions
{
    /// <summary>Texts to choose from, the right one counted.</summary>
    [AtLeast(2)]
    public int Candidates { get; init; } = 20;

    /// <summary>Media per split that are asked about, spread evenly over the split.</summary>
    [AtLeast(1)]
    public int Samples { get; init; } = 100;
}

/// <summary>Exact answers: teacher-forced greedy decoding gives the whole answer.</summary>
public sealed class ExactAnswerOptions
{
    /// <summary>The column that says what kind of question a row asks.</summary>
    [NotEmpty]
    public string Attribute { get; init; } = "type";

    /// <summary>Kinds of question counted together, by a name of their own. A kind to which a split knows one answer only is left out of it.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Pools { get; init; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
}

/// <summary>Sample answers, decoded greedily.</summary>
public sealed class GeneratedSamplesOptions
{
    /// <summary>How many, spread evenly over the first evaluated split.</summary>
    [AtLeast(0)]
    public int Samples { get; init; } = 8;

    /// <summary>For how many of them the media are made that their answers ask for, as <c>model.generation</c> says; each takes as long as <c>trainmm generate</c> would.</summary>
    [AtLeast(0)]
    public int Media { get; init; } = 4;

    /// <summary>The longest answer, in tokens.</summary>
    [AtLeast(1)]
    public int MaxNewTokens { get; init; } = 32;
}
