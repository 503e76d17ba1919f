using System.Text.Json;
using System.Text.Json.Serialization;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Stages;

namespace TrainMm.Training.Evaluation;

/// <summary>The results of an evaluation: <c>evaluation.json</c>, in snake_case.</summary>
public sealed record EvaluationReport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>The stage whose trained parts were evaluated.</summary>
    public required StageKind Stage { get; init; }

    /// <summary>Results by split, in the order of the manifests.</summary>
    public required IReadOnlyDictionary<string, SplitResult> Splits { get; init; }

    /// <summary>Sample answers.</summary>
    public required IReadOnlyList<GeneratedSample> Samples { get; init; }

    /// <summary>Wall time, seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>Writes the results.</summary>
    public void Write(string path) => DurableFiles.WriteText(path, JsonSerializer.Serialize(this, Json) + "\n");

    /// <summary>Reads results; null where the file does not exist.</summary>
    public static EvaluationReport? TryRead(string path) => File.Exists(path) ? JsonSerializer.Deserialize<EvaluationReport>(File.ReadAllText(path), Json) : null;
}

/// <summary>What was measured on one split.</summary>
public sealed record SplitResult
{
    /// <summary>Samples that the loss was taken over.</summary>
    public required int Samples { get; init; }

    /// <summary>Cross-entropy per supervised token, nats.</summary>
    public required double Loss { get; init; }

    /// <summary>The same with every sample given another sample's media; null without media.</summary>
    public required double? LossShuffled { get; init; }

    /// <summary>The losses of what is made, by objective; null where the run makes no media.</summary>
    public IReadOnlyDictionary<string, ObjectiveResult>? Made { get; init; }

    /// <summary>CLIP-scores of the pictures that answers make; null where they are not measured.</summary>
    public ClipScoreResult? ClipScore { get; init; }

    /// <summary>Retrieval; null where it is not measured.</summary>
    public RetrievalResult? Retrieval { get; init; }

    /// <summary>Exact answers by kind of question, then by pool; null where they are not measured.</summary>
    public IReadOnlyDictionary<string, ExactAnswerResult>? Answers { get; init; }
}

/// <summary>An objective's loss on what answers make.</summary>
/// <param name="Targets">Media that are to be made.</param>
/// <param name="Loss">Its mean over them, not weighted.</param>
/// <param name="Shuffled">The same against another sample's caption and medium; null where there are no two different ones.</param>
public sealed record ObjectiveResult(int Targets, double Loss, double? Shuffled);

/// <summary>Which of several texts belongs to a medium.</summary>
/// <param name="Candidates">Texts to choose from.</param>
/// <param name="Samples">Media asked about.</param>
/// <param name="R1">Share of media whose own text scored highest.</param>
/// <param name="R5">Share of media whose own text was among the five highest.</param>
/// <param name="Chance">What guessing gives for <paramref name="R1"/>.</param>
public sealed record RetrievalResult(int Candidates, int Samples, double R1, double R5, double Chance);

/// <summary>Exact answers to one kind of question.</summary>
/// <param name="Samples">Questions.</param>
/// <param name="Accuracy">Share answered exactly.</param>
/// <param name="Shuffled">The same with another sample's media; null without media.</param>
/// <param name="Majority">Share that the commonest fitting answer of the training set gets right.</param>
/// <param name="Chance">1 / the number of different answers of this kind in the split.</param>
public sealed record ExactAnswerResult(int Samples, double Accuracy, double? Shuffled, double Majority, double Chance);

/// <summary>An answer that the model wrote.</summary>
/// <param name="Id">The sample.</param>
/// <param name="Split">Its split.</param>
/// <param name="Question">What was asked; empty where the medium alone was shown.</param>
/// <param name="Expected">The data set's answer.</param>
/// <param name="Answer">The model's answer.</param>
/// <param name="Media">The sample's media as data URIs, in order.</param>
/// <param name="MediaNames">The media's names in their folder or archive, in order.</param>
public sealed record GeneratedSample(string Id, string Split, string Question, string Expected, string Answer, IReadOnlyList<string> Media, IReadOnlyList<string> MediaNames)
{
    /// <summary>What was made where the model's answer asked for it, in order.</summary>
    public IReadOnlyList<ShownMedium> Made { get; init; } = [];

    /// <summary>What the data set's answer has made, in order.</summary>
    public IReadOnlyList<ShownMedium> Expectations { get; init; } = [];
}

/// <summary>A medium of an answer.</summary>
/// <param name="Modality">Its modality.</param>
/// <param name="Text">What the data say that it shows, or why it is not there.</param>
/// <param name="Content">It, as a data URI; null where it is not there.</param>
public sealed record ShownMedium(string Modality, string Text, string? Content);
