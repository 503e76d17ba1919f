using TrainMm.Training.Evaluation;

namespace TrainMm.Cli.Display;

/// <summary>Says what an evaluation is at: a line whenever it begins with something else.</summary>
/// <param name="output">Where the lines go.</param>
public sealed class EvaluationLines(TextWriter output)
{
    private string run = "";
    private (string Split, string Task) last;

    /// <summary>Another run's evaluation begins.</summary>
    /// <param name="name">The run.</param>
    public void Begin(string name)
    {
        run = name;
        last = default;
    }

    /// <summary>Tells where it is.</summary>
    /// <param name="progress">What the evaluation says.</param>
    public void Show(EvaluationProgress progress)
    {
        if ((progress.Split, progress.Task) == last) return;
        last = (progress.Split, progress.Task);
        output.WriteLine($"evaluating {run}: {progress.Split}, {progress.Task}");
    }
}
