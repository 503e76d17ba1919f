namespace TrainMm.Models.LanguageModels;

/// <summary>What the options of every language model say: either a checkpoint, or the sizes of one with random weights.</summary>
/// <typeparam name="TArchitecture">The kind's sizes.</typeparam>
internal interface ILanguageModelOptions<out TArchitecture>
    where TArchitecture : class
{
    /// <summary>A folder in Hugging Face's layout.</summary>
    string? Checkpoint { get; }

    /// <summary>Random weights of these sizes.</summary>
    TArchitecture? Architecture { get; }
}
