using TrainMm.Core.Weights;

namespace TrainMm.Models.LanguageModels;

/// <summary>The sizes and switches of a kind of language model, as its <c>config.json</c> has them.</summary>
/// <typeparam name="TSelf">The class itself.</typeparam>
internal interface IArchitecture<out TSelf>
{
    /// <summary>Standard deviation of random weights.</summary>
    double StandardDeviation { get; }

    /// <summary>Standard deviation of one parameter's random weights, for kinds whose parameters have several.</summary>
    /// <param name="path">The parameter's path in the model.</param>
    double DeviationOf(string path) => StandardDeviation;

    /// <summary>The norms' first weight.</summary>
    double NormWeight => 1;

    /// <summary>Where the tensors are found in published checkpoints, in order of preference.</summary>
    IReadOnlyList<KeyMap> Layouts { get; }

    /// <summary>Reads a <c>config.json</c>.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is of another kind, or a value cannot be.</exception>
    static abstract TSelf Read(HuggingFaceConfig file);
}
