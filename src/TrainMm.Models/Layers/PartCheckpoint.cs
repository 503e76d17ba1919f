using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;

namespace TrainMm.Models.Layers;

/// <summary>Loads a part from the checkpoint that its options name.</summary>
internal static class PartCheckpoint
{
    /// <summary>Fills the part's parameters.</summary>
    /// <param name="part">The part's root.</param>
    /// <param name="options">The part's options.</param>
    /// <param name="property">The option that names the checkpoint: what does not fit is reported at its line.</param>
    /// <param name="path">The checkpoint.</param>
    /// <param name="layouts">The layouts that are known for the part.</param>
    /// <exception cref="ConfigurationException">The checkpoint is another part's, or of other sizes.</exception>
    /// <exception cref="CheckpointException">The checkpoint is damaged.</exception>
    public static void Load(ModuleScope part, object options, string property, string path, params IReadOnlyList<KeyMap> layouts)
    {
        using var source = WeightSource.Open(path);
        Load(part, options, property, source, layouts);
    }

    /// <summary>Fills the part's parameters from a checkpoint that is open.</summary>
    /// <param name="part">The part's root.</param>
    /// <param name="options">The part's options.</param>
    /// <param name="property">The option that names the checkpoint: what does not fit is reported at its line.</param>
    /// <param name="source">The checkpoint.</param>
    /// <param name="layouts">The layouts that are known for the part.</param>
    /// <param name="taken">Which of the part's parameters the checkpoint gives; null is all.</param>
    /// <exception cref="ConfigurationException">The checkpoint is another part's, or of other sizes.</exception>
    /// <exception cref="CheckpointException">The checkpoint is damaged.</exception>
    public static void Load(ModuleScope part, object options, string property, WeightSource source, IReadOnlyList<KeyMap> layouts, Func<string, bool>? taken = null)
    {
        var parameters = taken is null ? part.Parameters : part.Parameters.Where(pair => taken(pair.Key)).ToDictionary(StringComparer.Ordinal);
        if (WeightLoader.WhyNot(parameters, source, layouts) is { } faults) throw OptionSource.Error(options, property, faults);
        WeightLoader.Load(parameters, source, layouts, (name, parameter, read) =>
        {
            if (part.Quantised.TryGetValue(name, out var slot)) slot.Read(parameter.shape, read);
            else if (!parameter.is_meta) read(parameter);
        });
    }
}
