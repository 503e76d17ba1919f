namespace TrainMm.Models.Peft;

/// <summary>What is known when an adapter is made: it comes before the language model, which it helps to build.</summary>
/// <param name="Seed">The run's seed.</param>
/// <param name="Trained">What the run trains.</param>
public sealed record PeftContext(ulong Seed, TrainablePaths Trained)
{
    /// <summary>The language model's path in the model, before every adapter parameter's.</summary>
    public const string Root = "language_model";
}
