using TrainMm.Data.Text;
using TrainMm.Data.Text.Instructions;

namespace TrainMm.Data.Checks;

/// <summary>How a data set is checked.</summary>
/// <param name="Length">How long a sample may be, and what the run does with longer ones.</param>
/// <param name="Vocabulary">V, rows of the language model's embedding table.</param>
public sealed record DataCheckOptions(LengthPolicy Length, int Vocabulary)
{
    /// <summary>Threads.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>Looks at every n-th row; 1: at all.</summary>
    public int Every { get; init; } = 1;

    /// <summary>The ways in which the run puts the samples' questions; null: as the rows have them.</summary>
    public InstructionTexts? Instructions { get; init; }

    /// <summary>Decodes a medium (reference, bytes, where it is), throwing a <see cref="Core.Diagnostics.DataException"/> where that fails; null: media are only looked up.</summary>
    public Action<MediumReference, byte[], string>? Decode { get; init; }
}
