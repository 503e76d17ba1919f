using TrainMm.Training.Evaluation;
using TrainMm.Training.Loop;

namespace TrainMm.Training.Reporting;

/// <summary>All that <c>report.html</c> shows. What is empty is left out of the page.</summary>
public sealed record RunReport
{
    /// <summary>The page's title, say <c>demo/sft</c>.</summary>
    public required string Title { get; init; }

    /// <summary>What the run was, in one sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>The figures that open the page: a label and a value, the most telling first.</summary>
    public IReadOnlyList<(string Label, string Value)> Headlines { get; init; } = [];

    /// <summary>What the training loss measures.</summary>
    public string LossUnit { get; init; } = "nats per supervised token";

    /// <summary>What the held-out losses measure.</summary>
    public string HeldOutUnit { get; init; } = "nats per supervised token";

    /// <summary>Training loss per step.</summary>
    public IReadOnlyList<ChartPoint> Loss { get; init; } = [];

    /// <summary>Where a run has several objectives, the loss per target of each by its kind.</summary>
    public IReadOnlyList<(string Kind, IReadOnlyList<ChartPoint> Loss)> Terms { get; init; } = [];

    /// <summary>Learning rate of the first parameter group per step.</summary>
    public IReadOnlyList<ChartPoint> LearningRate { get; init; } = [];

    /// <summary>Held-out loss with each sample's own media.</summary>
    public IReadOnlyList<ChartPoint> HeldOut { get; init; } = [];

    /// <summary>Held-out loss with another sample's media.</summary>
    public IReadOnlyList<ChartPoint> HeldOutShuffled { get; init; } = [];

    /// <summary>The table of parts.</summary>
    public IReadOnlyList<PartRow> Parts { get; init; } = [];

    /// <summary>Tables of evaluation figures.</summary>
    public IReadOnlyList<ReportTable> Tables { get; init; } = [];

    /// <summary>Answers the trained model gave, with their media.</summary>
    public IReadOnlyList<ReportSample> Samples { get; init; } = [];

    /// <summary>The resolved configuration, YAML.</summary>
    public required string Configuration { get; init; }
}

/// <summary>A table of figures.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Caption">How to read it, in a sentence or two.</param>
/// <param name="Columns">The columns' heads; the first column holds the rows' names.</param>
/// <param name="Rows">One list of cells a row, as many as there are columns.</param>
public sealed record ReportTable(string Title, string Caption, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);

/// <summary>One answer of the model.</summary>
/// <param name="Name">The sample's id.</param>
/// <param name="Medium">The medium that was asked about as a data URI, or null where there is none to show.</param>
/// <param name="Prompt">What was asked; empty for a caption.</param>
/// <param name="Answer">What the model said.</param>
/// <param name="Truth">What the data set says.</param>
/// <param name="Exact">Whether the two are the same.</param>
public sealed record ReportSample(string Name, string? Medium, string Prompt, string Answer, string Truth, bool Exact)
{
    /// <summary>The media that the answer made.</summary>
    public IReadOnlyList<ShownMedium> Made { get; init; } = [];

    /// <summary>The media that the data set's answer makes.</summary>
    public IReadOnlyList<ShownMedium> Expectations { get; init; } = [];
}
