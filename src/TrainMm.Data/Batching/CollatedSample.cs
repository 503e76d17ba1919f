using TrainMm.Core.Roles;
using TrainMm.Data.Text;

namespace TrainMm.Data.Batching;

/// <summary>A sample on its way into a batch.</summary>
/// <param name="Index">In its source.</param>
/// <param name="Id">In its data set.</param>
/// <param name="Tokens">Ids, labels and spans.</param>
/// <param name="Media">The prepared medium of each span, in the spans' order.</param>
internal sealed record CollatedSample(int Index, string Id, TokenizedSample Tokens, IReadOnlyList<PreparedMedium> Media)
{
    /// <summary>The prepared target of each span of signal tokens; empty content where the run does not need it.</summary>
    public IReadOnlyList<PreparedMedium> Targets { get; init; } = [];

    /// <summary>Ids of the answer for each that reads it beside the language model.</summary>
    public IReadOnlyDictionary<InstructionSpec, int[]> Captions { get; init; } = new Dictionary<InstructionSpec, int[]>();
}

/// <summary>A medium, decoded and resized.</summary>
/// <param name="Key">Which medium it is.</param>
/// <param name="Content">Its preprocessor's compact form.</param>
/// <param name="Instruction">Ids of the instruction that goes with it; empty where nobody reads one.</param>
internal readonly record struct PreparedMedium(string Key, ReadOnlyMemory<byte> Content, int[] Instruction);
